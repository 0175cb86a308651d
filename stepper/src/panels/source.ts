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
  const waiting = waitersByLine(frame, file);
  const lines = linesOf(file, text).map((spans, index) => {
    const number = index + 1;
    const here = waiting.get(number);
    return h(
      "li",
      {
        key: `${file}:${number}`,
        class: number === line ? "at" : null,
        "aria-current": number === line ? "true" : null,
      },
      h("span", { class: "no" }, String(number)),
      h("span", { class: "here" }, ...(here === undefined ? [] : waiters(frame, here))),
      h("code", {}, ...spans),
    );
  });
  return panel("source", ui.source, `${file}:${line}`, h("ol", { class: "code", "data-line": line }, ...lines));
}

/** Who waits at a line: the first of them, and how many more. */
function waiters(frame: Frame, here: Who[]): Child[] {
  const [first] = here;
  if (first === undefined) return [];
  const more = here.length > 1 ? [h("span", { class: "faint" }, `+${here.length - 1}`)] : [];
  return [marker(frame, first, ui.waitsHere(here.map((who) => frame.names.task(who)).join(", "))), ...more];
}

const cache = new Map<string, VNode[][]>();

function linesOf(file: string, text: string): VNode[][] {
  let lines = cache.get(file);
  if (lines === undefined) cache.set(file, (lines = highlighted(text)));
  return lines;
}

/** Where in the program this moment is. */
function place(frame: Frame): string | null {
  const { entry, timeline, index } = frame;
  if (frame.view.selected === NOBODY && entry !== null && "loc" in entry && entry.loc) return entry.loc;
  const who = frame.subject;
  if (who === NOBODY) return null;
  return whereIs(frame, who) ?? resumes(timeline, who, index) ?? timeline.births.get(who)?.loc ?? null;
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

/** Moves the line of this moment into sight, inside of its panel. */
export function showLine(): void {
  const line = document.querySelector<HTMLElement>("#source li.at");
  const body = line?.closest<HTMLElement>(".body");
  if (!line || !body) return;
  const [top, height] = [line.offsetTop, line.offsetHeight];
  if (top < body.scrollTop + height || top + 2 * height > body.scrollTop + body.clientHeight) {
    body.scrollTop = top - body.clientHeight / 3;
  }
}
