// The same as the drawings, in rows and columns: for whoever reads with the ears, and whoever likes tables better.

import { type Child, h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { say, ui } from "../messages.ts";
import type { Side, Waiter } from "../model/state.ts";
import { placeName } from "../names.ts";
import { NOBODY } from "../schema.ts";
import type { Table } from "../journal.ts";
import { lanesWindow, type Look, segments, whoIsHere } from "./lanes.ts";
import { chip, empty, panel, smallest } from "./parts.ts";
import { short, waitChains } from "./tasks.ts";
import { dueIn } from "./wheel.ts";

const SHOWN = 60;

interface Line {
  key: string;
  cells: Array<Child | Child[]>;
}

/** A panel that holds a table; a sentence if there is nothing in it. */
function tablePanel(id: string, title: string, heads: string[], lines: Line[], none: string): VNode {
  if (lines.length === 0) return panel(id, title, null, empty(none));
  const shown = lines.slice(0, SHOWN);
  const rows = shown.map(({ key, cells }) => {
    const isThing = /^(task|timer|source|resource)-/.test(key);
    return h("tr", { key, "data-id": isThing ? key : null }, ...cells.map((cell) => h("td", {}, ...[cell].flat())));
  });
  return panel(
    id,
    title,
    String(lines.length),
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows),
    ),
    lines.length > SHOWN ? h("p", { class: "more" }, ui.more(lines.length - SHOWN)) : null,
  );
}

export function queueTable(frame: Frame): VNode {
  const { state, guessing } = frame;
  if (guessing) return panel("queue", ui.queue, null, empty(ui.queueHidden));
  const polling = state.polling.value;
  const now = polling === NOBODY ? [] : [{ key: "now", cells: [ui.now, chip(frame, polling)] }];
  const line = state.runQueue().map((who, place): Line => {
    const key = who === NOBODY ? `gone-${state.front.value + place}` : `task-${who}`;
    return { key, cells: [String(place + 1), who === NOBODY ? ui.ended : chip(frame, who)] };
  });
  return tablePanel("queue", ui.queue, [ui.heads.order, ui.heads.task], [...now, ...line], ui.queueEmpty);
}

export function wheelTable(frame: Frame): VNode {
  const { timers } = frame.state;
  const armed = [...timers.entries()].sort(([a, one], [b, other]) => one.deadline - other.deadline || a - b);
  const lines = armed.map(([id, timer]) => ({
    key: `timer-${id}`,
    cells: [
      say.timer(id, null),
      placeName(timer.place),
      dueIn(frame, timer),
      timer.task === NOBODY ? "" : chip(frame, timer.task),
      timer.loc,
    ],
  }));
  const { heads } = ui;
  const columns = [heads.timer, heads.place, heads.due, heads.task, heads.loc];
  return tablePanel("wheel", ui.wheel, columns, lines, frame.timeline.armed.size === 0 ? ui.wheelNever : ui.wheelEmpty);
}

export function sourcesTable(frame: Frame): VNode {
  const { sources } = frame.state;
  const side = ({ ready, closed }: Side, can: string) =>
    [ready ? can : "", closed ? ui.closed : ""].filter(Boolean).join(", ") || "–";
  const lines = smallest(sources.keys(), SHOWN + 1).map((id) => {
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
  return tablePanel("sources", ui.sources, [heads.source, heads.read, heads.write, heads.waiters], lines, none);
}

export function resourcesTable(frame: Frame): VNode {
  const { resources } = frame.state;
  const lines = smallest(resources.keys(), SHOWN + 1).map((id) => {
    const { label, name, len, cap, holder, waits } = resources.get(id)!;
    const content = label === "lock" ? (len > 0 ? ui.isFree : ui.isHeld) : ui.fill(len, cap);
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
  return tablePanel("resources", ui.resources, [heads.resource, heads.content, heads.waiters], lines, none);
}

function waiters(frame: Frame, waits: Table<number, Waiter>): Child[] {
  return smallest(waits.keys(), 12).flatMap((number): Child[] => {
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
