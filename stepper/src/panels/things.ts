// What tasks wait for besides timers: sources, queues and locks.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { say, ui } from "../messages.ts";
import type { Resource, Waiter } from "../model/state.ts";
import { contents } from "../narrate.ts";
import { NOBODY } from "../schema.ts";
import { chip, empty, panel } from "./parts.ts";

const SHOWN = 40;

export function sourcesPanel(frame: Frame): VNode {
  const { sources } = frame.state;
  if (sources.size === 0) {
    return panel(
      "sources",
      ui.sources,
      null,
      empty(frame.timeline.sources.size === 0 ? ui.sourcesNever : ui.sourcesEmpty),
    );
  }
  const rows = sources
    .sorted()
    .slice(0, SHOWN)
    .map((id) => {
      const { label, read, write } = sources.get(id)!;
      const side = (name: string, { ready, closed }: { ready: boolean; closed: boolean }) =>
        h("span", { class: `bit${ready ? " on" : ""}` }, ready ? "● " : "○ ", closed ? `${name}, ${ui.closed}` : name);
      return h(
        "li",
        { key: `source-${id}`, "data-id": `source-${id}` },
        h("span", { class: "what" }, say.source(id, label)),
        side(ui.canReadShort, read),
        side(ui.canWriteShort, write),
        ...[...read.waits.entries(), ...write.waits.entries()].slice(0, 8).map(([, wait]) => waiting(frame, wait)),
      );
    });
  return panel("sources", ui.sources, String(sources.size), h("ul", { class: "rows" }, ...rows));
}

export function resourcesPanel(frame: Frame): VNode {
  const { resources } = frame.state;
  if (resources.size === 0) {
    const never = frame.timeline.resources.size === 0;
    return panel("resources", ui.resources, null, empty(never ? ui.resourcesNever : ui.resourcesEmpty));
  }
  const rows = resources
    .sorted()
    .slice(0, SHOWN)
    .map((id) => resource(frame, id, resources.get(id)!));
  return panel("resources", ui.resources, String(resources.size), h("ul", { class: "rows things" }, ...rows));
}

function resource(frame: Frame, id: number, known: Resource): VNode {
  const first = known.waits.sorted().slice(0, 12);
  const waits = first.map((number) => waiting(frame, known.waits.get(number)!));
  const more = known.waits.size - waits.length;
  return h(
    "li",
    { key: `resource-${id}`, "data-id": `resource-${id}` },
    h("span", { class: "what" }, say.resource(known.label, known.name, id)),
    known.label === "lock" ? lock(frame, known) : content(known),
    waits.length === 0
      ? null
      : h("span", { class: "waiters" }, ...waits, more > 0 ? h("span", { class: "more" }, ui.more(more)) : null),
  );
}

function lock(frame: Frame, { holder, len }: Resource): VNode {
  if (holder !== NOBODY) return h("span", { class: "fill" }, `${ui.heldBy} `, chip(frame, holder));
  return h("span", { class: "fill" }, len > 0 ? ui.isFree : ui.isHeld);
}

/** What is in a resource that is no lock; nothing of one that is only waited for, such as a server's end. */
export function inWords(known: Resource): string | null {
  const { label, len, cap, unfinished } = known;
  if (label.endsWith("queue")) return ui.fill(len, cap);
  const isKnown = KINDS.has(label) || len > 0 || unfinished > 0;
  return isKnown ? contents(known, len, unfinished) : null;
}

/** Of which it is worth saying that nothing is in them. */
const KINDS = new Set(["semaphore", "event", "cancel token", "promise", "barrier"]);

const MOST_BOXES = 16;

function content(known: Resource): VNode | null {
  const { label, len, cap, unfinished } = known;
  const words = inWords(known);
  if (words === null) return null;
  const isQueue = label.endsWith("queue");
  const boxes = Math.min(MOST_BOXES, cap ?? Math.max(4, len));
  const full = Math.min(len, boxes);
  return h(
    "span",
    { class: "fill" },
    isQueue
      ? h("span", { class: "boxes", "aria-hidden": "true" }, "■".repeat(full), "□".repeat(Math.max(0, boxes - full)))
      : null,
    words,
    isQueue && unfinished > 0 ? h("span", { class: "faint" }, ` · ${ui.unfinished(unfinished)}`) : null,
  );
}

function waiting(frame: Frame, { task, op, woken }: Waiter): VNode {
  const text = woken ? `${op}, ${ui.woken}` : op;
  return h("span", { class: "waiter" }, h("span", { class: "op" }, text), task === NOBODY ? null : chip(frame, task));
}
