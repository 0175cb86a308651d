// What is looked at: a run, an event of it, and what the reader has chosen. Panels are functions of it.

import type { Compared } from "./compare.ts";
import { Names } from "./names.ts";
import type { Text } from "./panels/text.ts";
import type { Player } from "./player.ts";
import type { Predict } from "./predict.ts";
import { type Entry, NOBODY, type Who } from "./schema.ts";
import { NONE, type Rec } from "./timeline.ts";

export interface View {
  /** The task that the reader follows; `NOBODY` if none was chosen. */
  selected: Who;
  level: "beginner" | "full";
  playing: boolean;
  /** Which of the speeds. */
  speed: number;
  find: string;
  onlyMatches: boolean;
  predict: Predict | null;
  /** Whether to show what each event changes. */
  changes: boolean;
  /** Tables in place of drawings. */
  tables: boolean;
  /** The timers as a heap. */
  heap: boolean;
  /** The run that this one is compared with. */
  compared: Compared | null;
  /** Whether a window with little room shows what is folded away there: search, level, speed and the like. */
  unfolded: boolean;
  help: boolean;
  /** What the text dialog shows, while it is open. */
  text: Text | null;
  /** Whether single letters mean something: who dictates, or hits keys by accident, turns them off. */
  letters: boolean;
  /** Said once, to whoever cannot see: what came of a search. */
  notice: string;
}

/** What panels may ask for. */
export interface Actions {
  goTo(index: number): void;
  select(who: Who): void;
  answer(who: Who): void;
  playChain(): void;
  heap(): void;
}

export class Frame {
  readonly names: Names;
  /** The last event that has happened; `null` before the first. */
  readonly record: Rec | null;

  constructor(
    readonly player: Player,
    readonly view: View,
    readonly sources: Readonly<Record<string, string>>,
    readonly act: Actions,
  ) {
    this.names = new Names(player.state, player.timeline, player.index);
    this.record = player.index === NONE ? null : player.timeline.record(player.index);
  }

  get timeline() {
    return this.player.timeline;
  }

  get state() {
    return this.player.state;
  }

  get index() {
    return this.player.index;
  }

  get t(): number {
    return this.record?.t ?? 0;
  }

  get entry(): Entry | null {
    return this.record?.entry ?? null;
  }

  /** Whether what comes next must not be seen: a question is open. */
  get guessing(): boolean {
    return (
      this.view.predict?.question !== null &&
      this.view.predict?.question !== undefined &&
      this.view.predict.question.answered === NOBODY
    );
  }

  /** Whom the page is about: who was chosen, who is being polled, or whose event this is. */
  get subject(): Who {
    if (this.view.selected !== NOBODY) return this.view.selected;
    if (this.state.polling.value !== NOBODY) return this.state.polling.value;
    const who = this.index === NONE ? NOBODY : this.timeline.who[this.index]!;
    if (who !== NOBODY) return who;
    return this.index === NONE ? NOBODY : lastSeen(this);
  }
}

/** Who was polled last. */
function lastSeen({ timeline, index }: Frame): Who {
  for (let at = index; at >= Math.max(0, index - 2_000); at -= 1) {
    if (timeline.who[at] !== NOBODY) return timeline.who[at]!;
  }
  return NOBODY;
}
