// The state at any event, forwards and backwards.
//
// Near events are come to by steps, each of which can be undone at the same cost. For a far one the block it stands in
// is begun anew: it has the state at its beginning.

import type { Problem } from "./bytes.ts";
import { BlockReader, type Slots } from "./decode.ts";
import { wrong } from "./messages.ts";
import { apply, Impossible } from "./model/apply.ts";
import { State } from "./model/state.ts";
import { NONE, type Rec, type Timeline } from "./timeline.ts";

/** So many steps can be undone. */
const KEPT = 20_000;
/** So far ahead it is not worth while to begin anew. */
const NEAR = 2_000;

export class Player {
  state: State;
  /** The last event that has happened; `NONE` before the first. */
  index = NONE;
  /** The event at which the recording contradicts itself, if one was come to, and why. */
  broken: { index: number; why: Problem } | null = null;

  constructor(readonly timeline: Timeline) {
    this.state = new State(timeline.run.whos);
    if (timeline.count > 0) this.beginAt(0);
  }

  /** The last event there is. */
  get last(): number {
    return (this.broken?.index ?? this.timeline.count) - 1;
  }

  goTo(wanted: number): void {
    const target = Math.max(NONE, Math.min(wanted, this.last));
    const back = this.index - target;
    if (back > this.state.journal.length || target - this.index > NEAR) {
      this.beginAt(target < 0 ? 0 : this.timeline.blockOf(target));
    }
    while (this.index > target) {
      this.state.journal.undo();
      this.index -= 1;
    }
    while (this.index < Math.min(target, this.last)) this.forward();
  }

  private forward(): void {
    const { journal } = this.state;
    journal.begin();
    const record = this.timeline.record(this.index + 1);
    try {
      apply(this.state, record.entry, "happens");
    } catch (error) {
      journal.undo();
      if (!(error instanceof Impossible)) throw error;
      this.broken = {
        index: record.index,
        why: () => wrong.event(record.seq, record.entry.kind, error.says()),
      };
      return;
    }
    this.index += 1;
    if (journal.length > 2 * KEPT) journal.keep(KEPT);
  }

  /** To the beginning of a block. */
  private beginAt(block: number): void {
    const { run, blocks } = this.timeline;
    const state = new State(run.whos);
    const { firstSeq } = blocks[block]!;
    try {
      const reader = new BlockReader(run, blocks[block]!);
      const slots: Slots = [];
      for (let left = reader.states; left > 0; left -= 1) apply(state, reader.entry(reader.next(slots), slots), "is");
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
      this.broken = {
        index: this.timeline.index(firstSeq),
        why: () => wrong.state(firstSeq, error.says()),
      };
    }
    state.journal.keep(0);
    this.state = state;
    this.index = this.timeline.index(firstSeq) - 1;
  }

  /** Calls `see` with some events in order, and the state before each; comes back to where it was. */
  visit(from: number, to: number, see: (record: Rec, before: State) => void): void {
    const here = this.index;
    const end = Math.min(to, this.last);
    for (let index = Math.max(0, from); index <= end; index += 1) {
      this.goTo(index - 1);
      if (this.index !== index - 1) break;
      see(this.timeline.record(index), this.state);
    }
    this.goTo(here);
  }
}
