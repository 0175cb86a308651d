// The same as the drawings, in rows and columns: for whoever reads with the ears, and whoever likes tables better.

import { type Child, h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { say, ui } from "../messages.ts";
import type { Side, Waiter } from "../model/state.ts";
import { placeName } from "../names.ts";
import { NOBODY } from "../schema.ts";
import { shortLoc } from "../words.ts";
import type { Table } from "../journal.ts";
import { lanesWindow, whoIsHere } from "./lanes.ts";
import { chip, empty, panel } from "./parts.ts";
import { type Look, segments } from "./stretch.ts";
import { short, waitChains } from "./tasks.ts";
import { inWords } from "./things.ts";
import { dueIn } from "./wheel.ts";

const SHOWN = 60;

interface Line {
  key: string;
  cells: Array<Child | Child[]>;
}

/** A panel that holds a table of the first of `count` lines; a sentence if there is none. */
function tablePanel(
  id: string,
  title: string,
  heads: string[],
  lines: Line[],
  none: string,
  count = lines.length,
): VNode {
  if (lines.length === 0) return panel(id, title, null, empty(none));
  const shown = lines.slice(0, SHOWN);
  const rows = shown.map(({ key, cells }) => {
    const isThing = /^(task|timer|source|resource)-/.test(key);
    return h("tr", { key, "data-id": isThing ? key : null }, ...cells.map((cell) => h("td", {}, ...[cell].flat())));
  });
  return panel(
    id,
    title,
    String(count),
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows),
    ),
    count > shown.length ? h("p", { class: "more" }, ui.more(count - shown.length)) : null,
  );
}

export function queueTable(frame: Frame): VNode {
  const { state, guessing } = frame;
  if (guessing) return panel("queue", ui.queue, null, empty(ui.queueHidden));
  const polling = state.polling.value;
  const now = polling === NOBODY ? [] : [{ key: "now", cells: [ui.now, chip(frame, polling)] }];
  const line = state.runQueue(SHOWN).map((who, place): Line => {
    const key = who === NOBODY ? `gone-${state.front.value + place}` : `task-${who}`;
    return { key, cells: [String(place + 1), who === NOBODY ? ui.ended : chip(frame, who)] };
  });
  const lines = [...now, ...line];
  const count = state.ready + now.length;
  return tablePanel("queue", ui.queue, [ui.heads.order, ui.heads.task], lines, ui.queueEmpty, count);
}

export function wheelTable(frame: Frame): VNode {
  const { timers } = frame.state;
  const soonest = timers.sorted().slice(0, SHOWN);
  const lines = soonest.map((id) => {
    const { place, task, loc } = timers.get(id)!;
    const due = dueIn(frame, timers.get(id)!);
    const cells = [say.timer(id, null), placeName(place), due, task === NOBODY ? "" : chip(frame, task), shortLoc(loc)];
    return { key: `timer-${id}`, cells };
  });
  const { heads } = ui;
  const columns = [heads.timer, heads.place, heads.due, heads.task, heads.loc];
  const none = frame.timeline.armed.size === 0 ? ui.wheelNever : ui.wheelEmpty;
  return tablePanel("wheel", ui.wheel, columns, lines, none, timers.size);
}

export function sourcesTable(frame: Frame): VNode {
  const { sources } = frame.state;
  const side = ({ ready, closed }: Side, can: string) =>
    [ready ? can : "", closed ? ui.closed : ""].filter(Boolean).join(", ") || "–";
  const lines = sources
    .sorted()
    .slice(0, SHOWN)
    .map((id) => {
      const { label, read, write } = sources.get(id)!;
      return {
        key: `source-${id}`,
        cells: [
          say.source(id, label),
          side(read, ui.canReadShort),
          side(write, ui.canWriteShort),
          [...waiters(frame, read.waits), ...waiters(frame, write.waits)],
        ],
      };
    });
  const { heads } = ui;
  const none = frame.timeline.sources.size === 0 ? ui.sourcesNever : ui.sourcesEmpty;
  return tablePanel(
    "sources",
    ui.sources,
    [heads.source, heads.read, heads.write, heads.waiters],
    lines,
    none,
    sources.size,
  );
}

export function resourcesTable(frame: Frame): VNode {
  const { resources } = frame.state;
  const lines = resources
    .sorted()
    .slice(0, SHOWN)
    .map((id) => {
      const known = resources.get(id)!;
      const { label, name, len, holder, waits } = known;
      const content = label === "lock" ? (len > 0 ? ui.isFree : ui.isHeld) : (inWords(known) ?? "–");
      return {
        key: `resource-${id}`,
        cells: [
          say.resource(label, name, id),
          holder === NOBODY ? content : [`${ui.heldBy} `, chip(frame, holder)],
          waiters(frame, waits),
        ],
      };
    });
  const { heads } = ui;
  const none = frame.timeline.resources.size === 0 ? ui.resourcesNever : ui.resourcesEmpty;
  return tablePanel(
    "resources",
    ui.resources,
    [heads.resource, heads.content, heads.waiters],
    lines,
    none,
    resources.size,
  );
}

function waiters(frame: Frame, waits: Table<number, Waiter>): Child[] {
  return waits
    .sorted()
    .slice(0, 12)
    .flatMap((number): Child[] => {
      const { task, op, woken } = waits.get(number)!;
      const text = woken ? `${op}, ${ui.woken} ` : `${op} `;
      return task === NOBODY ? [text] : [text, chip(frame, task), " "];
    });
}

export function waitForTable(frame: Frame): VNode {
  const lines = waitChains(frame).flatMap(({ links, isCycle }, chain) =>
    links.flatMap(({ who, wait }, index): Line[] => {
      const next = links[index + 1];
      if (wait === null || next === undefined) return [];
      const verdict = isCycle ? [h("span", { class: "verdict" }, ` ${ui.cycle}`)] : [];
      const cells = [chip(frame, who), short(frame, wait), [chip(frame, next.who), ...verdict]];
      return [{ key: `${chain}/${index}`, cells }];
    }),
  );
  const { heads } = ui;
  return tablePanel("waitfor", ui.waitFor, [heads.task, heads.waitsFor, heads.ender], lines, ui.waitForEmpty);
}

export function lanesTable(frame: Frame): VNode {
  const { timeline } = frame;
  const { from, shown, to } = lanesWindow(frame);
  const does: Record<Look, string> = { none: "", ...ui.legend };
  const lines = whoIsHere(frame, from, to).flatMap((who) =>
    segments(timeline, who, from, shown).map(([look, start, stop]): Line => {
      const events = ui.range(timeline.seq(start), timeline.seq(stop - 1));
      return { key: `${who}/${start}`, cells: [chip(frame, who), does[look], events] };
    }),
  );
  return tablePanel("lanes", ui.lanes, [ui.heads.task, ui.heads.doing, ui.heads.events], lines, ui.tasksEmpty);
}
