// What has changed with one event: a panel as it is, with what it was before beside it, struck through.

import { type Child, h, type VNode } from "./dom.ts";

/** What makes a shape: where it is, and how large. */
const SHAPE = ["x", "y", "width", "height", "cx", "cy", "r", "d", "transform"];

/** Both are descriptions of one panel. */
export function withWhatWas(before: VNode, after: VNode): VNode {
  // Whoever describes nothing new says so by giving the same again.
  if (before === after || after.tag === "title") return after;
  const { attributes } = after;
  const hasMoved = before.attributes["class"] !== attributes["class"] && after.tag === "li";
  const marked = hasMoved ? { ...attributes, "data-was": before.attributes["class"] ?? "nothing" } : attributes;
  return { ...after, attributes: marked, children: merged(before.children, after.children, isDrawn(after)) };
}

function isDrawn({ tag }: VNode): boolean {
  return ["svg", "g", "text"].includes(tag);
}

/** What is there now, in its order; and what is gone, where it was. */
function merged(before: readonly Child[], after: readonly Child[], drawn: boolean): Child[] {
  const found: Child[] = [];
  const partners = partnersOf(before, after);
  const kept = new Set(partners);
  let at = 0;
  const ghostsUpTo = (end: number) => {
    for (; at < end; at += 1) if (!kept.has(at)) found.push(ghost(before[at]!, drawn));
  };
  after.forEach((child, index) => {
    const partner = partners[index]!;
    const former = before[partner];
    if (former === undefined) {
      found.push(fresh(child, drawn));
      return;
    }
    ghostsUpTo(partner);
    if (typeof child === "string" || typeof former === "string") {
      found.push(...(child === former ? [child] : [ghost(former, drawn), fresh(child, drawn)]));
      return;
    }
    if (child.children.length === 0 && SHAPE.some((name) => child.attributes[name] !== former.attributes[name])) {
      found.push(ghost(former, drawn));
    }
    found.push(withWhatWas(former, child));
  });
  ghostsUpTo(before.length);
  return found;
}

/** Which of those before each of those after is; -1 for what is new. By key, or by kind and order. */
function partnersOf(before: readonly Child[], after: readonly Child[]): number[] {
  const free = new Map<string, number[]>();
  const name = (child: Child) => (typeof child === "string" ? "text" : `${child.tag} ${child.key ?? ""}`);
  before.forEach((child, index) => free.set(name(child), [...(free.get(name(child)) ?? []), index]));
  return after.map((child) => free.get(name(child))?.shift() ?? -1);
}

function fresh(child: Child, drawn: boolean): Child {
  if (typeof child === "string") return h(drawn ? "tspan" : "ins", { class: "fresh" }, child);
  return { ...child, attributes: { ...child.attributes, class: `${child.attributes["class"] ?? ""} fresh` } };
}

/** Something to look at that does nothing. */
function ghost(child: Child, drawn: boolean): Child {
  if (typeof child === "string") return h(drawn ? "tspan" : "del", { class: "ghost" }, child);
  const { class: name, style } = child.attributes;
  const looks = Object.entries(child.attributes).filter(([attribute]) => SHAPE.includes(attribute));
  const attributes = { ...Object.fromEntries(looks), class: `${name ?? ""} ghost`, style, "aria-hidden": "true" };
  const inside = child.children.map((part) => (typeof part === "string" ? part : shade(part)));
  return h(child.tag === "button" ? "span" : child.tag, attributes, ...inside);
}

/** Part of a ghost. */
function shade(part: VNode): VNode {
  const { class: name, style } = part.attributes;
  const looks = Object.entries(part.attributes).filter(([attribute]) => SHAPE.includes(attribute));
  const inside = part.children.map((child) => (typeof child === "string" ? child : shade(child)));
  return h(part.tag === "button" ? "span" : part.tag, { ...Object.fromEntries(looks), class: name, style }, ...inside);
}
