// Two runs side by side, with the first difference in words.

import type { Compared, Row } from "../compare.ts";
import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { ui } from "../messages.ts";
import type { Player } from "../player.ts";
import { NONE } from "../timeline.ts";
import { sentenceOf } from "../told.ts";
import { thousands } from "../words.ts";
import { panel, tool } from "./parts.ts";

const BEFORE = 3;
const AFTER = 3;

export interface Comparing {
  goTo(index: number): void;
  firstDifference(): void;
  stopComparing(): void;
  openCompared(): void;
}

export function comparePanel(frame: Frame, compared: Compared, act: Comparing): VNode {
  const at = compared.row(Math.max(0, frame.index));
  const from = Math.max(0, Math.min(at - BEFORE, compared.rows.length - BEFORE - AFTER - 1));
  const rows = compared.rows.slice(from, from + BEFORE + AFTER + 1);
  const heads = [ui.event, ui.compareOf.here, ui.event, ui.compareOf.there].map((name) =>
    h("th", { scope: "col" }, name),
  );
  const notes = [
    compared.times ? null : ui.compareTimes,
    compared.lost >= 0 && at >= compared.lost ? ui.compareLost : null,
  ].filter((note) => note !== null);
  return panel(
    "compare",
    ui.compareTitle,
    compared.file,
    h("p", { class: compared.first < 0 ? "same" : "parts", role: "status" }, summary(frame.player, compared)),
    ...notes.map((note) => h("p", { class: "faint" }, note)),
    h(
      "p",
      { class: "choices" },
      compared.first < 0 ? null : tool(ui.compareFirst, "x", () => act.firstDifference()),
      tool(ui.compareOpen, null, () => act.openCompared()),
      tool(ui.compareStop, null, () => act.stopComparing()),
    ),
    h(
      "table",
      { class: "compare" },
      h("thead", {}, h("tr", {}, ...heads)),
      h("tbody", {}, ...rows.map((row, number) => line(frame, compared, row, from + number === at, act))),
    ),
  );
}

function line(frame: Frame, compared: Compared, row: Row, isNow: boolean, act: Comparing): VNode {
  const go = row.here === NONE ? null : () => act.goTo(row.here);
  const seq = ({ timeline }: Player, index: number) => (index === NONE ? "" : thousands(timeline.seq(index)));
  const number = seq(frame.player, row.here);
  const button = { type: "button", class: "go", "aria-label": ui.whyGo(frame.timeline.seq(row.here)), onclick: go };
  return h(
    "tr",
    {
      key: `${row.here}/${row.there}`,
      class: `${row.differs ? "differs" : ""}${isNow ? " current" : ""}`,
      "aria-current": isNow ? "true" : null,
    },
    h("td", {}, go === null ? "" : h("button", button, number)),
    h("td", {}, sentenceOf(frame.player, row.here) ?? ""),
    h("td", { class: "number" }, row.differs ? "≠ " : "", seq(compared.player, row.there)),
    h("td", {}, sentenceOf(compared.player, row.there) ?? ""),
  );
}

function summary(player: Player, compared: Compared): string {
  const first = compared.rows[compared.first];
  if (first === undefined) return ui.compareSame(player.timeline.count);
  const index = first.here === NONE ? nextHere(compared) : first.here;
  const seq = index === NONE ? player.timeline.before + player.timeline.count + 1 : player.timeline.seq(index);
  return ui.compareParts(
    seq,
    sentenceOf(player, index) || ui.compareOver,
    sentenceOf(compared.player, first.there) || ui.compareOver,
  );
}

/** What this run does where the other does something more. */
function nextHere({ rows, first }: Compared): number {
  return rows.slice(first).find(({ here }) => here !== NONE)?.here ?? NONE;
}
