// Pictures alone do not teach: the page asks who is polled next, and says why.

import { say, ui } from "./messages.ts";
import { Names } from "./names.ts";
import type { Player } from "./player.ts";
import { NOBODY, type Who } from "./schema.ts";
import type { Timeline } from "./timeline.ts";
import { chain } from "./why.ts";

export interface Question {
  /** The end of a poll, after which it is asked. */
  index: number;
  choices: Who[];
  right: Who;
  why: string;
  /** `NOBODY` while it is open. */
  answered: Who;
}

export interface Predict {
  question: Question | null;
  asked: number;
  right: number;
  /** Questions that were answered are not asked again. */
  done: Set<number>;
}

const MOST_CHOICES = 4;

/** The question after the event at which the player is; `null` if there is none to ask. */
export function questionAt(player: Player): Question | null {
  const { timeline, index } = player;
  if (timeline.kind(index) !== "PollEnd") return null;
  const next = nextPoll(timeline, index);
  const right = timeline.who[next] ?? NOBODY;
  if (right === NOBODY) return null;
  const others: Who[] = [];
  for (const who of player.state.tasks.keys()) {
    if (who !== right) others.push(who);
    if (others.length > 50) break;
  }
  if (others.length === 0) return null;
  // Those who are ready are the likelier guesses.
  const queued = (who: Who) => (player.state.queuedAt.has(who) ? 0 : 1);
  others.sort((a, b) => queued(a) - queued(b) || a - b);
  const choices = [right, ...others.slice(0, MOST_CHOICES - 1)].sort((a, b) => a - b);
  return { index, choices, right, why: reason(player, next, right), answered: NOBODY };
}

function reason(player: Player, next: number, right: Who): string {
  if (player.state.place(right) === 0) return ui.wasFirst;
  const { timeline, index } = player;
  player.goTo(next);
  const [link] = chain(timeline, new Names(player.state, timeline, next), right, next, 1);
  player.goTo(index);
  return ui.wasEmpty(link?.why ?? say.loopWoke);
}

function nextPoll(timeline: Timeline, from: number): number {
  for (let index = from + 1; index < timeline.count; index += 1) if (timeline.kind(index) === "PollBegin") return index;
  return timeline.count;
}
