// The timer wheel: levels of 64 slots, the coarsest above. A timer falls from level to level as its time comes near,
// and at last to the due list.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { kept } from "../kept.ts";
import { say, ui } from "../messages.ts";
import type { Timer } from "../model/state.ts";
import { NOBODY } from "../schema.ts";
import { duration, shortLoc } from "../words.ts";
import { heapDrawing } from "./heap.ts";
import { chip, empty, panel, panelWith, swatch, tool } from "./parts.ts";

const LEVELS = 6;
const SLOTS = 64;
const TICK = 1_000_000;
const SHOWN = 60;

export function wheelPanel(frame: Frame): VNode {
  const { timers } = frame.state;
  const never = timers.size === 0 && frame.timeline.armed.size === 0;
  if (never) return panel("wheel", ui.wheel, null, empty(ui.wheelNever));
  const soonest = timers.sorted().slice(0, SHOWN);
  const armed = soonest.sort((a, b) => a - b).map((id): [number, Timer] => [id, timers.get(id)!]);
  const { heap } = frame.view;
  const toggle = tool(ui.heap, "h", () => frame.act.heap(), heap, ui.heapHint);
  const picture = heap ? heapDrawing(armed) : drawing(frame, armed);
  const note = heap ? h("p", { class: "faint small" }, ui.heapNote) : null;
  const aside = heap ? String(timers.size) : ui.wheelAside(timers.size);
  return panelWith([toggle], "wheel", ui.wheel, aside, picture, note, list(frame, armed));
}

/** The levels that are in use at some time, and at least two. */
function topLevel(armed: Array<[number, Timer]>): number {
  const levels = armed.map(([, { place }]) => (place.startsWith("L") ? Number(place[1]) : 0));
  return Math.max(2, ...levels);
}

const WIDTH = 512;
const LEFT = 42;
const ROW = 26;
const CELL = (WIDTH - LEFT) / SLOTS;

function drawing(frame: Frame, armed: Array<[number, Timer]>): VNode {
  const top = Math.min(LEVELS - 1, topLevel(armed));
  const rows: VNode[] = [];
  const tick = Math.floor(frame.t / TICK);
  for (let level = top; level >= 0; level -= 1) {
    const y = (top - level) * ROW + 4;
    const hand = Math.floor(tick / SLOTS ** level) % SLOTS;
    const inside = armed.filter(([, { place }]) => place.startsWith(`L${level}/`));
    const row = () =>
      h(
        "g",
        { key: `L${level}`, transform: `translate(0 ${y})` },
        h("title", {}, ui.wheelLevel(level, duration(TICK * SLOTS ** level))),
        h("text", { x: 0, y: 14, class: "level" }, `L${level}`),
        h("rect", { x: LEFT, y: 0, width: WIDTH - LEFT, height: 18, rx: 3, class: "track" }),
        h("path", { d: ticks(), class: "ticks" }),
        h("rect", { x: LEFT + hand * CELL, y: 0, width: CELL, height: 18, class: "hand" }),
        ...inside.map((timer, place) => dot(timer, neighbours(inside, place))),
      );
    rows.push(kept(`wheel ${level}`, [y, hand, ...inside.flat()], row));
  }
  const y = (top + 1) * ROW + 4;
  const due = armed.filter(([, { place }]) => place === "due");
  rows.push(
    h(
      "g",
      { key: "due", id: "due", transform: `translate(0 ${y})` },
      h("text", { x: 0, y: 14, class: "level" }, ui.due),
      h("rect", { x: LEFT, y: 0, width: WIDTH - LEFT, height: 18, rx: 3, class: "track due" }),
      ...due.map(([id, timer], place) => dot([id, { ...timer, place: `L0/${Math.min(place * 2, SLOTS - 1)}` }], 0)),
    ),
  );
  const height = (top + 2) * ROW + 2;
  const label = armed.map(([id, timer]) => `${say.timer(id, null)}: ${timer.place}`).join(", ");
  return h(
    "svg",
    {
      class: "wheel",
      // The line around the track has a width of its own.
      viewBox: `0 0 ${WIDTH + 1} ${height}`,
      role: "img",
      "aria-label": label === "" ? ui.wheelEmpty : label,
    },
    ...rows,
  );
}

function ticks(): string {
  let path = "";
  for (let slot = 8; slot < SLOTS; slot += 8) path += `M${LEFT + slot * CELL} 3v12`;
  return path;
}

/** How many of those before lie in the same slot. */
function neighbours(inside: Array<[number, Timer]>, place: number): number {
  return inside.slice(0, place).filter(([, { place: slot }]) => slot === inside[place]![1].place).length;
}

function dot([id, timer]: [number, Timer], before: number): VNode {
  const slot = Number(timer.place.slice(timer.place.indexOf("/") + 1)) || 0;
  const attributes = {
    key: `timer-${id}`,
    class: "timer",
    "data-id": `timer-${id}`,
    "data-flip": `timer-${id}`,
    style: swatch(timer.task),
    // Those of one slot lie side by side, as far as there is room.
    cx: Math.min(WIDTH - 7, LEFT + (slot + 0.5) * CELL + Math.min(before, 8) * 5),
    cy: 9,
    r: 6,
  };
  return h("circle", attributes, h("title", {}, say.timer(id, null)));
}

function list(frame: Frame, armed: Array<[number, Timer]>): VNode {
  if (armed.length === 0) return empty(ui.wheelEmpty);
  const soonest = [...armed].sort(([, a], [, b]) => a.deadline - b.deadline).slice(0, 12);
  const rows = soonest.map(([id, timer]) =>
    h(
      "li",
      { key: `timer-${id}`, "data-id": `timer-${id}` },
      h("span", { class: "what" }, say.timer(id, null)),
      h("span", { class: "when" }, dueIn(frame, timer)),
      timer.task === NOBODY ? null : chip(frame, timer.task),
      h("span", { class: "loc" }, shortLoc(timer.loc)),
    ),
  );
  if (frame.state.timers.size > soonest.length) {
    rows.push(h("li", { key: "more", class: "more" }, ui.more(frame.state.timers.size - soonest.length)));
  }
  return h("ul", { class: "rows" }, ...rows);
}

export function dueIn(frame: Frame, timer: Timer): string {
  if (timer.deadline >= 2 ** 63) return ui.never;
  const left = timer.deadline - frame.t;
  return left <= 0 ? ui.dueNow : ui.dueIn(duration(left));
}
