// What each task did around this event: a row for a task, a column for an event, arrows for wakes.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { ui } from "../messages.ts";
import { NOBODY, type Who } from "../schema.ts";
import { lastAtMost, NONE, type Timeline } from "../timeline.ts";
import { empty, panel, swatch } from "./parts.ts";

const COLUMNS = 52;
const MOST_ROWS = 16;
const LEFT = 110;
const COLUMN = 12;
const ROW = 22;
const TOP = 20;

export type Look = "none" | "waiting" | "queued" | "polling";

/** The events around this one that are shown: the first, the last that may be seen, and the last. */
export function lanesWindow({ timeline, index, guessing }: Frame): { from: number; shown: number; to: number } {
  const from = Math.max(0, Math.min(index - Math.floor(COLUMNS * 0.66), timeline.count - COLUMNS));
  const to = Math.min(timeline.count - 1, from + COLUMNS - 1);
  return { from, shown: guessing ? Math.min(to, index) : to, to };
}

export function lanesPanel(frame: Frame): VNode {
  const { from, shown, to } = lanesWindow(frame);
  const rows = whoIsHere(frame, from, to);
  if (rows.length === 0) return panel("lanes", ui.lanes, null, empty(ui.tasksEmpty));
  const legend = (["polling", "queued", "waiting"] as const).map((look) =>
    h("span", { class: `key ${look}` }, h("i"), ui.legend[look]),
  );
  return panel(
    "lanes",
    ui.lanes,
    ui.lanesHint,
    h("div", { class: "legend" }, ...legend),
    drawing(frame, rows, from, shown, to),
  );
}

function drawing(frame: Frame, rows: Who[], from: number, to: number, end: number): VNode {
  const { timeline, index } = frame;
  const width = LEFT + COLUMNS * COLUMN + 8;
  const height = TOP + rows.length * ROW + 6;
  const x = (event: number) => LEFT + (event - from) * COLUMN;
  const attributes = {
    class: "lanes",
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": ui.lanesLabel(timeline.seq(from), timeline.seq(end)),
    onclick: (event: Event) => clicked(frame, event as MouseEvent, from, end, width),
  };
  const lanes = rows.map((who, row) =>
    h(
      "g",
      {
        key: `lane-${who}`,
        transform: `translate(0 ${TOP + row * ROW})`,
        "data-id": `task-${who}`,
        class: frame.view.selected === who ? "chosen" : null,
      },
      h("rect", { x: 0, y: 0, width, height: ROW - 2, class: "back" }),
      h("rect", { x: 0, y: 3, width: 4, height: ROW - 8, class: "swatch", style: swatch(who) }),
      h("text", { x: 10, y: 14, class: "name" }, nameOf(frame, who)),
      ...segments(timeline, who, from, to).map(([look, start, stop]) =>
        h("rect", {
          x: x(start),
          y: look === "waiting" ? 8 : 3,
          width: (stop - start) * COLUMN,
          height: look === "waiting" ? 4 : 14,
          class: look,
        }),
      ),
    ),
  );
  const cursor =
    index < 0 ? null : h("rect", { key: "cursor", x: x(index), y: 0, width: COLUMN, height, class: "cursor" });
  return h("svg", attributes, cursor, ...lanes, ...arrows(frame, rows, from, to, x));
}

function nameOf({ names, timeline }: Frame, who: Who): string {
  const name = names.name(who);
  const label = timeline.run.whos.label(who);
  const text = name === null ? label : `${label} ${name}`;
  return text.length > 15 ? `${text.slice(0, 14)}…` : text;
}

/** Those who did something in this window, and those who are alive; the chosen one always. */
export function whoIsHere({ timeline, state, view }: Frame, from: number, to: number): Who[] {
  const here = new Set<Who>();
  if (view.selected !== NOBODY) here.add(view.selected);
  for (let event = from; event <= to && here.size < MOST_ROWS; event += 1) {
    const who = timeline.who[event]!;
    if (who !== NOBODY) here.add(who);
  }
  for (const who of state.tasks.keys()) {
    if (here.size >= MOST_ROWS) break;
    here.add(who);
  }
  return [...here].sort((a, b) => a - b);
}

/** What a task did, event by event, as stretches: what it looks like from one event to before another. */
export function segments(timeline: Timeline, who: Who, from: number, to: number): Array<[Look, number, number]> {
  const events = timeline.eventsOf(who);
  const is = { alive: false, queued: false, polling: false, ended: false };
  const note = (event: number) => {
    switch (timeline.kind(event)) {
      case "Enqueue":
        is.queued = true;
        break;
      case "Dequeue":
        is.queued = false;
        break;
      case "PollBegin":
        is.polling = true;
        break;
      case "PollEnd":
        is.polling = false;
        break;
      case "Done":
        is.ended = true;
        is.queued = false;
    }
    // What it leaves behind may be told after its end.
    is.alive = !is.ended;
  };
  let at = lastAtMost(events.length, (place) => events[place]!, from - 1);
  // What it was before the window: the last few events tell.
  for (let place = Math.max(0, at - 40); place <= at; place += 1) note(events[place]!);
  const look = (): Look => (is.polling ? "polling" : is.queued ? "queued" : is.alive ? "waiting" : "none");
  const found: Array<[Look, number, number]> = [];
  let [now, start] = [look(), from];
  for (at += 1; at < events.length && events[at]! <= to; at += 1) {
    note(events[at]!);
    const next = look();
    if (next === now) continue;
    if (now !== "none") found.push([now, start, events[at]!]);
    [now, start] = [next, events[at]!];
  }
  if (now !== "none") found.push([now, start, to + 1]);
  return found;
}

function arrows(frame: Frame, rows: Who[], from: number, to: number, x: (event: number) => number): VNode[] {
  const { timeline, index } = frame;
  const y = (who: Who) => TOP + rows.indexOf(who) * ROW + 10;
  const found: VNode[] = [];
  for (let event = from; event <= to; event += 1) {
    if (timeline.kind(event) !== "Wake" || !rows.includes(timeline.who[event]!)) continue;
    const { entry } = timeline.record(event);
    if (entry.kind !== "Wake" || entry.effect !== "enqueued") continue;
    const by = rows.includes(entry.by) ? entry.by : NOBODY;
    const [start, stop] = [by === NOBODY ? 6 : y(by), y(entry.task)];
    const middle = x(event) + COLUMN / 2;
    const head = stop > start ? -1 : 1;
    const tip = stop + head * 7;
    // Who wakes itself gets a loop.
    const path =
      start === stop
        ? `M${middle - 4} ${stop - 7}a4.5 4.5 0 1 1 7 0m-3.5 -2l3.5 2l2 -4`
        : `M${middle} ${start}V${tip}m-3.5 ${head * 5}l3.5 ${head * -5}l3.5 ${head * 5}`;
    const isNow = event === index || event === wakeOf(timeline, index);
    found.push(h("path", { key: `wake-${event}`, d: path, class: `wake${isNow ? " now" : ""}` }));
    if (by === NOBODY)
      found.push(h("circle", { key: `from-${event}`, cx: middle, cy: 6, r: 3, class: `origin${isNow ? " now" : ""}` }));
  }
  return found;
}

/** The wake that led to this event, if it is the woken task's joining of the queue or its poll. */
function wakeOf(timeline: Timeline, index: number): number {
  if (index < 0) return NONE;
  return ["Enqueue", "Dequeue", "PollBegin"].includes(timeline.kind(index)) ? timeline.cause[index]! : NONE;
}

function clicked(frame: Frame, event: MouseEvent, from: number, to: number, width: number): void {
  const box = (event.currentTarget as Element).getBoundingClientRect();
  const column = Math.floor((((event.clientX - box.left) / box.width) * width - LEFT) / COLUMN);
  if (column >= 0) frame.act.goTo(Math.min(to, from + column));
  const lane = (event.target as Element).closest("[data-id]")?.getAttribute("data-id");
  if (column < 0 && lane) frame.act.select(Number(lane.slice("task-".length)));
}

/** Moves the column of this event into sight, where the window is too narrow for all. */
export function showCursor(): void {
  const cursor = document.querySelector("#lanes .cursor");
  const body = cursor?.closest(".body");
  if (!cursor || !body || body.scrollWidth <= body.clientWidth) return;
  const [inside, at] = [body.getBoundingClientRect(), cursor.getBoundingClientRect()];
  if (at.left < inside.left + 40 || at.right > inside.right - 40) {
    body.scrollLeft += at.left - inside.left - inside.width * 0.66;
  }
}
