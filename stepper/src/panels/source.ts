// The text of the program, with the line that this event is about, and who waits where.

import { type Child, h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { ui } from "../messages.ts";
import { NOBODY, type Who } from "../schema.ts";
import { NONE, type Timeline } from "../timeline.ts";
import { splitLoc } from "../words.ts";
import { empty, marker, panel } from "./parts.ts";
import { highlighted } from "./rust.ts";

export function sourcePanel(frame: Frame): VNode {
  const loc = place(frame);
  if (loc === null) return panel("source", ui.source, null, empty(ui.sourceNone));
  const { file, line } = splitLoc(loc);
  const text = Object.hasOwn(frame.sources, file) ? frame.sources[file] : undefined;
  if (text === undefined) return panel("source", ui.source, loc, empty(ui.sourceMissing(file)));
  return panel("source", ui.source, `${file}:${line}`, ...listings(frame, file, line));
}

/** The files whose listings were shown last, and the lines: to come back to one costs nothing. */
const shown = new Map<string, number>();
const MOST_LISTINGS = 10;

function listings(frame: Frame, current: string, line: number): VNode[] {
  const [oldest] = shown.keys();
  if (oldest !== undefined && !shown.has(current) && shown.size >= MOST_LISTINGS) shown.delete(oldest);
  // Another recording has other files.
  for (const file of shown.keys()) if (!Object.hasOwn(frame.sources, file)) shown.delete(file);
  shown.set(current, line);
  return [...shown].map(([file, at]) => listing(frame, file, at, file === current));
}

/** Of a long file, only so many lines before and after are listed, from a multiple of `STEP` on. */
const AROUND = 150;
const STEP = 50;

function listing(frame: Frame, file: string, line: number, isCurrent: boolean): VNode {
  const all = linesOf(file, frame.sources[file] ?? "");
  const isLong = all.length > 3 * AROUND;
  const first = isLong ? Math.max(0, Math.floor((line - AROUND) / STEP) * STEP) : 0;
  const last = isLong ? Math.min(all.length, Math.ceil((line + AROUND) / STEP) * STEP) : all.length;
  const rest = (key: string, count: number) => (count > 0 ? [h("li", { key, class: "more" }, ui.more(count))] : []);
  const lines = all.slice(first, last);
  const attributes = {
    key: file,
    class: isCurrent ? "code" : "code away",
    "data-line": line,
    "aria-hidden": isCurrent ? null : "true",
  };
  const seen = isCurrent ? marked(frame, file, line, first, lines) : lines;
  return h("ol", attributes, ...rest("above", first), ...seen, ...rest("below", all.length - last));
}

/** With the line of this moment, and whoever waits at a line. */
function marked(frame: Frame, file: string, line: number, first: number, lines: VNode[]): VNode[] {
  const waiting = waitersByLine(frame, file);
  return lines.map((plain, at) => {
    const number = first + at + 1;
    const waits = waiting.get(number) ?? [];
    if (number !== line && waits.length === 0) return plain;
    const mark = number === line ? { class: "at", "aria-current": "true" } : {};
    const [no = "", , code = ""] = plain.children;
    const text = number === line ? breakable(code) : code;
    return h("li", { ...plain.attributes, ...mark }, no, h("span", { class: "here" }, ...waiters(frame, waits)), text);
  });
}

/** With places where it may be broken: the current line is shown as several if it is too long. */
function breakable(code: Child): Child {
  if (typeof code === "string") return code;
  const parts = code.children.flatMap((part) =>
    typeof part === "string"
      ? part
          .split(/(?<=\()|(?<=\S)(?=\.)/)
          .flatMap((piece) => (piece.endsWith("(") ? [piece, h("wbr")] : [h("wbr"), piece]))
      : [part],
  );
  return h("code", code.attributes, ...parts);
}

/** Who waits at a line: the first of them, and how many more. */
function waiters(frame: Frame, here: Who[]): Child[] {
  const [first] = here;
  if (first === undefined) return [];
  const more = here.length > 1 ? [h("span", { class: "faint" }, `+${here.length - 1}`)] : [];
  return [marker(frame, first, ui.waitsHere(here.map((who) => frame.names.task(who)).join(", "))), ...more];
}

const cache = new Map<string, { text: string; lines: VNode[] }>();

/** The lines of a file, with nobody in them. */
function linesOf(file: string, text: string): VNode[] {
  const known = cache.get(file);
  if (known?.text === text) return known.lines;
  const lines = highlighted(text).map((spans, index) =>
    h(
      "li",
      { key: `${file}:${index + 1}` },
      h("span", { class: "no" }, String(index + 1)),
      h("span", { class: "here" }),
      h("code", {}, ...spans),
    ),
  );
  cache.set(file, { text, lines });
  return lines;
}

/** Where in the program this moment is. */
function place(frame: Frame): string | null {
  const { entry, timeline, index } = frame;
  if (frame.view.selected === NOBODY && entry !== null && "loc" in entry && entry.loc) return entry.loc;
  const who = frame.subject;
  if (who === NOBODY) return entry?.kind === "RunBegin" ? firstPlace(timeline) : null;
  return whereIs(frame, who) ?? resumes(timeline, who, index) ?? timeline.births.get(who)?.loc ?? null;
}

/** Where the loop was told to run: there its root comes from. */
function firstPlace(timeline: Timeline): string | null {
  for (let index = 0; index < Math.min(timeline.count, 50); index += 1) {
    const { entry } = timeline.record(index);
    if (entry.kind === "Spawn") return entry.loc;
  }
  return null;
}

/** Where a task waits. */
function whereIs({ state }: Frame, who: Who): string | null {
  const [wait] = state.polling.value === who ? [] : state.waits(who);
  return wait === undefined ? null : (state.waiter(wait)?.loc ?? null);
}

/** Where a task waited for what woke it last: there its poll goes on. */
function resumes(timeline: Timeline, who: Who, index: number): string | null {
  const wake = timeline.lastOf(who, index, (at) => timeline.kind(at) === "Wake" && timeline.cause[at] !== NONE);
  if (wake === NONE) return null;
  const begun = timeline.cause[timeline.cause[wake]!]!;
  if (begun === undefined || begun === NONE) return null;
  const { entry } = timeline.record(begun);
  return "loc" in entry ? entry.loc : null;
}

function waitersByLine(frame: Frame, file: string): Map<number, Who[]> {
  const lines = new Map<number, Who[]>();
  let left = 500;
  for (const who of frame.state.waitsOf.keys()) {
    if ((left -= 1) < 0) break;
    const loc = whereIs(frame, who);
    if (loc === null) continue;
    const at = splitLoc(loc);
    if (at.file === file)
      lines.set(
        at.line,
        [...(lines.get(at.line) ?? []), who].sort((a, b) => a - b),
      );
  }
  return lines;
}

/** What moves the line of this moment into sight, inside of its panel; nothing if it is there. */
export function scrollToLine(): (() => void) | null {
  const line = document.querySelector<HTMLElement>("#source li.at");
  const body = line?.closest<HTMLElement>(".body");
  if (!line || !body) return null;
  const [top, height, above, room] = [line.offsetTop, line.offsetHeight, body.scrollTop, body.clientHeight];
  const isInSight = top >= above + height && top + 2 * height <= above + room;
  return isInSight ? null : () => (body.scrollTop = top - room / 3);
}
