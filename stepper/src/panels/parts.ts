// What all panels are made of.

import { type Child, h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { kept } from "../kept.ts";
import { ui } from "../messages.ts";
import { NOBODY, type Who } from "../schema.ts";

/** A panel: a section with a title, and a body that scrolls if it has to. */
export function panel(id: string, title: string, aside: Child | null, ...body: Array<Child | null>): VNode {
  return panelWith([], id, title, aside, ...body);
}

/** A panel with buttons beside its title. */
export function panelWith(
  tools: Array<VNode | null>,
  id: string,
  title: string,
  aside: Child | null,
  ...body: Array<Child | null>
): VNode {
  // One that has nothing to show takes no more room than it needs.
  const [only] = body;
  const isBare = body.length === 1 && only !== null && typeof only === "object" && only.attributes["class"] === "empty";
  const about = ui.about[id];
  const heading = h(
    "h2",
    { id: `${id}-title`, title: about },
    title,
    typeof aside === "string" ? h("span", { class: "aside" }, aside) : aside,
    about === undefined || isBare ? null : h("span", { class: "aside about" }, about),
  );
  const group = { class: "body", tabindex: 0, role: "group", "aria-labelledby": `${id}-title` };
  const hint = ui.copySvg(title);
  const copy = h("button", { type: "button", class: "tool", "data-copy": id, "aria-label": hint, title: hint }, "SVG");
  return h(
    "section",
    { key: id, id, class: isBare ? "panel bare" : "panel", "aria-labelledby": `${id}-title` },
    h("div", { class: "title" }, heading, h("span", { class: "tools" }, isBare ? null : copy, ...tools)),
    h("div", group, ...body),
  );
}

/** A small button; `key` does the same. */
export function tool(text: string, key: string | null, act: () => void, on: boolean | null = null, hint = text): VNode {
  const title = key === null ? hint : `${hint} (${key})`;
  const pressed = on === null ? null : String(on);
  return h("button", { type: "button", class: "tool", title, "aria-pressed": pressed, onclick: act }, text);
}

export function empty(text: string): VNode {
  return h("p", { class: "empty" }, text);
}

/** One of eight colours, the same for a task everywhere. They only help: its number stands beside. */
export function colour(who: Who): string {
  return `var(--task-${((who % 8) + 8) % 8})`;
}

/** A task, to be clicked. */
export function chip(frame: Frame, who: Who, flip: string | null = null): VNode {
  if (who === NOBODY) return h("span", { class: "chip gone" }, "?");
  const name = frame.names.name(who);
  const isChosen = frame.view.selected === who;
  return kept(`chip ${who} ${flip}`, [frame.timeline, frame.act, name, isChosen], () => {
    const attributes = {
      class: `chip${isChosen ? " chosen" : ""}`,
      type: "button",
      "data-id": `task-${who}`,
      "data-flip": flip,
      style: swatch(who),
      title: frame.names.task(who),
      "aria-pressed": String(isChosen),
      onclick: () => frame.act.select(who),
    };
    return h(
      "button",
      attributes,
      h("b", {}, frame.timeline.run.whos.label(who)),
      name === null ? null : h("span", {}, name),
    );
  });
}

/** As a chip, but only its number. */
export function marker(frame: Frame, who: Who, title: string): VNode {
  const attributes = {
    class: "chip marker",
    type: "button",
    "data-id": `task-${who}`,
    style: swatch(who),
    title,
    "aria-label": title,
    onclick: () => frame.act.select(who),
  };
  return h("button", attributes, h("b", {}, frame.timeline.run.whos.label(who)));
}

const swatches = new Map<Who, Record<string, string>>();

/** Always the same object for a task, so that nothing is set anew. */
export function swatch(who: Who): Record<string, string> {
  const slot = ((who % 8) + 8) % 8;
  let style = swatches.get(slot);
  if (style === undefined) swatches.set(slot, (style = { "--task": colour(who) }));
  return style;
}
