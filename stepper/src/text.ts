// A whole run as text, a line for each event.

import { say, ui } from "./messages.ts";
import { sentence } from "./narrate.ts";
import type { Text } from "./panels/text.ts";
import type { Player } from "./player.ts";
import { moment } from "./words.ts";

/** Of a longer run, only what is near is told: a text of a million lines helps nobody. */
const MOST = 20_000;

export function transcriptOf(player: Player): Text {
  const { timeline, index } = player;
  const from = Math.max(0, Math.min(index - MOST / 2, timeline.count - MOST));
  const to = Math.min(timeline.count, from + MOST) - 1;
  const lines: string[] = [];
  player.visit(from, to, (record, before) => {
    const turn = timeline.turn(record.index);
    const where = `${String(record.seq).padStart(6)}  ${moment(record.t).padStart(11)}  `;
    const told = say.asSentence(sentence(timeline, record, before)).replaceAll("\n", `\n${" ".repeat(where.length)}`);
    lines.push(`${where}${(turn === 0 ? "" : ui.turnNumber(turn)).padEnd(9)}  ${told}`);
  });
  const isWhole = from === 0 && to === timeline.count - 1;
  const note = isWhole ? null : ui.fullTextPart(timeline.seq(from), timeline.seq(to));
  return { title: ui.transcript, note, text: `${lines.join("\n")}\n` };
}
