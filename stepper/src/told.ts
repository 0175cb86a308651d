// What events say, as sentences. Each is worked out once: the events around a moment stay nearly the same with a step.

import { type Language, language, say } from "./messages.ts";
import { sentence } from "./narrate.ts";
import type { Player } from "./player.ts";
import type { Timeline } from "./timeline.ts";

/** So many are kept of a run. */
const KEPT = 4_096;

interface Kept {
  language: Language;
  sentences: Map<number, string>;
}

const kept = new WeakMap<Timeline, Kept>();

/** The sentences of events that follow each other: fewer if there are no more. */
export function told(player: Player, from: number, to: number): Array<{ index: number; text: string }> {
  const { timeline } = player;
  let known = kept.get(timeline);
  if (known === undefined || known.language !== language || known.sentences.size > KEPT) {
    kept.set(timeline, (known = { language, sentences: new Map() }));
  }
  const { sentences } = known;
  const first = Math.max(0, from);
  let [start, end] = [first, Math.min(to, player.last)];
  while (start <= end && sentences.has(start)) start += 1;
  while (end >= start && sentences.has(end)) end -= 1;
  if (start <= end) {
    player.visit(start, end, (record, before) =>
      sentences.set(record.index, say.asSentence(sentence(timeline, record, before))),
    );
  }
  const found: Array<{ index: number; text: string }> = [];
  for (let index = first; index <= Math.min(to, player.last); index += 1) {
    found.push({ index, text: sentences.get(index) ?? "" });
  }
  return found;
}

/** What one event says; nothing if there is none. */
export function sentenceOf(player: Player, index: number): string | null {
  return index < 0 ? null : (told(player, index, index)[0]?.text ?? null);
}
