// A page as a function of what it shows: `h` describes an element, `render` makes the document like the description.
// What was described before is kept, so a step touches only what differs: focus, scrolling and running transitions
// outlive it, and its cost is that of the change.
//
// Texts only ever become text nodes, whatever is in them.

import { lastAtMost } from "./search.ts";

export type Handler = (event: Event) => unknown;
export type Attribute = string | number | boolean | null | undefined | Handler | Record<string, string>;
export type Child = Node_ | string;

interface Node_ {
  readonly tag: string;
  readonly key: string | null;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly children: readonly Child[];
}
export type { Node_ as VNode };

/** An element; `null`s among the children are left out. Whoever gives the same object again says: nothing has changed. */
export function h(
  tag: string,
  attributes: Record<string, Attribute> = {},
  ...children: Array<Child | null | Array<Child | null>>
): Node_ {
  const { key } = attributes;
  const all = children.flat().filter((child): child is Child => child !== null);
  return { tag, key: key === undefined || key === null ? null : String(key), attributes, children: all };
}

/** What is in the document, and the description that it follows. */
interface Shown {
  what: Child;
  readonly node: ChildNode;
  inside: Shown[];
}

const SVG = "http://www.w3.org/2000/svg";
const roots = new WeakMap<Element, Shown[]>();

/** Nobody else may change what is inside of `parent`. */
export function render(parent: Element, children: readonly Child[]): void {
  const former = roots.get(parent);
  if (former === undefined) parent.replaceChildren();
  roots.set(parent, arranged(parent, former ?? [], children));
}

/** Makes what is inside of an element like the descriptions. */
function arranged(parent: Element, former: Shown[], children: readonly Child[]): Shown[] {
  if (children.length === former.length && children.every((child, at) => isSame(former[at]!.what, child))) {
    children.forEach((child, at) => update(former[at]!, child));
    return former;
  }
  const partners = partnersOf(former, children);
  const kept = new Set(partners);
  former.forEach((shown, at) => kept.has(at) || shown.node.remove());
  const stay = growing(partners);
  const shown = children.map((child, at) => former[partners[at]!] ?? created(child, parent));
  let next: ChildNode | null = null;
  for (let at = shown.length - 1; at >= 0; at -= 1) {
    const { node } = shown[at]!;
    if (!stay.has(partners[at]!)) parent.insertBefore(node, next);
    next = node;
  }
  shown.forEach((one, at) => update(one, children[at]!));
  return shown;
}

/** Whether both describe the same thing, at two times. */
function isSame(one: Child, other: Child): boolean {
  if (typeof one === "string" || typeof other === "string") return typeof one === typeof other;
  return one.tag === other.tag && one.key === other.key;
}

/** Which of the former each child is: by key, or by kind and order; -1 for none. */
function partnersOf(former: readonly Shown[], children: readonly Child[]): number[] {
  const name = (child: Child) => (typeof child === "string" ? "text" : `${child.tag} ${child.key ?? ""}`);
  const free = grouped(former.keys(), (at) => name(former[at]!.what));
  const partners = children.map((child) => free.get(name(child))?.shift() ?? -1);
  // A row that is gone is used for one that is new: to change an element costs less than to make one.
  const taken = new Set(partners);
  const gone = [...former.keys()].filter((at) => !taken.has(at) && mayChange(former[at]!.node));
  const spare = grouped(gone, (at) => former[at]!.node.nodeName.toLowerCase());
  return partners.map((partner, at) => {
    const child = children[at]!;
    return partner >= 0 || typeof child === "string" ? partner : (spare.get(child.tag.toLowerCase())?.shift() ?? -1);
  });
}

function grouped(numbers: Iterable<number>, name: (number: number) => string): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const number of numbers) {
    const group = groups.get(name(number));
    if (group === undefined) groups.set(name(number), [number]);
    else group.push(number);
  }
  return groups;
}

const ROWS = new Set(["li", "tr", "g", "rect", "circle", "path"]);

/** Whether an element may become something else of its kind. */
function mayChange(node: Node): boolean {
  return ROWS.has(node.nodeName.toLowerCase()) && !node.contains(document.activeElement);
}

/** The longest row of growing numbers among these, without -1: who is in it need not be moved. */
function growing(numbers: readonly number[]): Set<number> {
  // Of the rows of each length, where that with the smallest end ends; and who comes before each in its row.
  const ends: number[] = [];
  const before = new Map<number, number | undefined>();
  for (const number of numbers) {
    if (number < 0) continue;
    const length = lastAtMost(ends.length, (at) => ends[at]!, number) + 1;
    before.set(number, ends[length - 1]);
    ends[length] = number;
  }
  const row = new Set<number>();
  for (let number = ends.at(-1); number !== undefined; number = before.get(number)) row.add(number);
  return row;
}

function created(child: Child, parent: Element): Shown {
  if (typeof child === "string") return { what: child, node: document.createTextNode(child), inside: [] };
  const isSvg = child.tag === "svg" || (parent.namespaceURI === SVG && parent.tagName !== "foreignObject");
  const element = isSvg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  const shown: Shown = { what: { ...child, attributes: {}, children: [] }, node: element, inside: [] };
  // It comes into the document as a whole.
  update(shown, child);
  return shown;
}

function update(shown: Shown, child: Child): void {
  const { what } = shown;
  if (what === child) return;
  shown.what = child;
  if (typeof child === "string") {
    shown.node.nodeValue = child;
    return;
  }
  const element = shown.node as Element;
  const before = typeof what === "string" ? {} : what.attributes;
  const { attributes } = child;
  if (before !== attributes) {
    for (const name in before) if (!(name in attributes)) set(shown, element, name, null, before[name]);
    for (const name in attributes) {
      if (before[name] !== attributes[name]) set(shown, element, name, attributes[name], before[name]);
    }
  }
  // An element that looks after its own content.
  if (!("own" in attributes)) shown.inside = arranged(element, shown.inside, child.children);
}

function set(shown: Shown, element: Element, name: string, value: Attribute, former: Attribute): void {
  if (name === "own" || name === "key") return;
  if (name.startsWith("on")) {
    // The document is told once; which handler it is now, the description says.
    if (former === undefined || former === null) listen(shown, element, name);
  } else if (name === "style") {
    const { style } = element as HTMLElement;
    const [parts, gone] = [value ?? {}, former ?? {}] as Record<string, string>[];
    for (const property in gone) if (!(property in parts!)) style.removeProperty(property);
    // Not as an attribute: the page's policy forbids that.
    for (const property in parts)
      if (parts[property] !== gone![property]) style.setProperty(property, parts[property]!);
  } else if (name === "value" && "value" in element) {
    if (element !== document.activeElement || (element instanceof HTMLInputElement && element.type === "range"))
      element.value = String(value ?? "");
  } else if (name === "checked" && element instanceof HTMLInputElement) {
    element.checked = value === true;
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

function listen(shown: Shown, element: Element, name: string): void {
  // What a handler returns means nothing: `false` would cancel what the browser does by itself.
  Reflect.set(element, name, (event: Event) => {
    const handler = typeof shown.what === "string" ? null : shown.what.attributes[name];
    if (typeof handler === "function") void handler(event);
  });
}
