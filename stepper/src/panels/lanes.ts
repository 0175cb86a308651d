// What each task did around this event: a row for a task, a column for an event, arrows for wakes.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { kept } from "../kept.ts";
import { ui } from "../messages.ts";
import { isNarrow } from "../narrow.ts";
import { NOBODY, type Who } from "../schema.ts";
import { NONE, type Timeline } from "../timeline.ts";
import { empty, panel, swatch } from "./parts.ts";
import { COLUMN, Stretch } from "./stretch.ts";

/** So many events: fewer where there is no room. */
const columns = () => (isNarrow ? 22 : 52);
const MOST_ROWS = 16;
const LEFT = 110;
const ROW = 22;
const TOP = 20;

/** The events around this one that are shown: the first, the last that may be seen, and the last. */
export function lanesWindow({ timeline, index, guessing }: Frame): { from: number; shown: number; to: number } {
  const wide = columns();
  const from = Math.max(0, Math.min(index - Math.floor(wide * 0.66), timeline.count - wide));
  const to = Math.min(timeline.count - 1, from + wide - 1);
  return { from, shown: guessing ? Math.min(to, index) : to, to };
}

export function lanesPanel(frame: Frame): VNode {
  const { from, shown, to } = lanesWindow(frame);
  const rows = whoIsHere(frame, from, to);
  if (rows.length === 0) return panel("lanes", ui.lanes, null, empty(ui.tasksEmpty));
  const legend = (["polling", "queued", "waiting"] as const).map((look) =>
    h("span", { class: `key ${look}` }, h("i"), ui.legend[look]),
  );
  const key = h("span", { class: "aside" }, `${ui.lanesHint} `, h("span", { class: "legend" }, ...legend));
  return panel("lanes", ui.lanes, key, drawing(frame, rows, from, shown, to));
}

function drawing(frame: Frame, rows: Who[], from: number, to: number, end: number): VNode {
  const { timeline } = frame;
  const inside = columns() * COLUMN;
  const width = LEFT + inside + 8;
  const height = TOP + rows.length * ROW + 6;
  const attributes = {
    class: "lanes",
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": ui.lanesLabel(timeline.seq(from), timeline.seq(end)),
    onclick: (event: Event) => clicked(frame, event as MouseEvent, from, end, width),
  };
  const { subject } = frame;
  const lanes = rows.map((who, row) => {
    const name = nameOf(frame, who);
    const look = frame.view.selected === who ? "lane chosen" : who === subject ? "lane subject" : "lane";
    return kept(`lane ${who}`, [width, row, name, look], () =>
      h(
        "g",
        {
          key: `lane-${who}`,
          transform: `translate(0 ${TOP + row * ROW})`,
          "data-id": `task-${who}`,
          class: look,
        },
        h("rect", { x: 0, y: 0, width, height: ROW - 2, class: "back" }),
        h("rect", { x: 0, y: 3, width: 4, height: ROW - 8, class: "swatch", style: swatch(who) }),
        h("text", { x: 10, y: 14, class: "name" }, name),
      ),
    );
  });
  // The window is a frame, under which the stretch is moved along.
  const stretch = Stretch.around(timeline, from, end, frame.guessing ? to : timeline.count - 1);
  const moved = { key: "moved", transform: `translate(${-stretch.x(from)} 0)` };
  const time = { key: "time", class: "time", x: LEFT, y: 0, width: inside, height };
  return h("svg", attributes, ...lanes, h("svg", time, h("g", moved, ...happened(frame, rows, stretch, height))));
}

/** What stands under the frame: this event, what each task did, and who woke whom. */
function happened(frame: Frame, rows: Who[], stretch: Stretch, height: number): Array<VNode | null> {
  const { index } = frame;
  const here = { key: "cursor", x: stretch.x(index), y: 0, width: COLUMN, height, class: "cursor" };
  const bars = rows.map((who, row) =>
    kept(`bars ${who}`, [stretch, row], () =>
      h("g", { key: `bars-${who}`, transform: `translate(0 ${TOP + row * ROW})` }, ...stretch.bars(who)),
    ),
  );
  return [index < 0 ? null : h("rect", here), ...bars, ...arrows(frame, rows, stretch)];
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

function arrows({ timeline, index }: Frame, rows: Who[], stretch: Stretch): VNode[] {
  const y = (who: Who) => TOP + rows.indexOf(who) * ROW + 10;
  const cause = wakeOf(timeline, index);
  const found: VNode[] = [];
  for (const { event, task, by } of stretch.wakes) {
    if (!rows.includes(task)) continue;
    const isFromHere = rows.includes(by);
    const [start, stop] = [isFromHere ? y(by) : 6, y(task)];
    const middle = stretch.x(event) + COLUMN / 2;
    const head = stop > start ? -1 : 1;
    const tip = stop + head * 7;
    // Who wakes itself gets a loop.
    const path =
      start === stop
        ? `M${middle - 4} ${stop - 7}a4.5 4.5 0 1 1 7 0m-3.5 -2l3.5 2l2 -4`
        : `M${middle} ${start}V${tip}m-3.5 ${head * 5}l3.5 ${head * -5}l3.5 ${head * 5}`;
    const now = event === index || event === cause ? " now" : "";
    found.push(h("path", { key: `wake-${event}`, d: path, class: `wake${now}` }));
    if (!isFromHere) found.push(h("circle", { key: `from-${event}`, cx: middle, cy: 6, r: 3, class: `origin${now}` }));
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

/** What moves the column of this event, and the row of whom it is about, into sight, where there is no room for all. */
export function scrollToCursor(): (() => void) | null {
  const cursor = document.querySelector("#lanes .cursor");
  const body = cursor?.closest(".body");
  if (!cursor || !body) return null;
  const isWide = body.scrollWidth > body.clientWidth;
  const isTall = body.scrollHeight > body.clientHeight;
  const lane = isTall ? document.querySelector("#lanes .subject, #lanes .chosen") : null;
  if (!isWide && lane === null) return null;
  const [inside, at] = [body.getBoundingClientRect(), cursor.getBoundingClientRect()];
  const row = lane?.getBoundingClientRect() ?? inside;
  const left = isWide && (at.left < inside.left + 40 || at.right > inside.right - 40);
  const top = row !== inside && (row.top < inside.top || row.bottom > inside.bottom);
  if (!left && !top) return null;
  const x = body.scrollLeft + at.left - inside.left - inside.width * 0.66;
  const y = body.scrollTop + (row.top < inside.top ? row.top - inside.top - ROW : row.bottom - inside.bottom + 4);
  return () => {
    if (left) body.scrollLeft = x;
    if (top) body.scrollTop = y;
  };
}
