// Two recordings beside each other: which event of the one is which of the other, and where they part.

import { TraceError } from "./bytes.ts";
import { wrong } from "./messages.ts";
import { Player } from "./player.ts";
import { type Entry, NOBODY } from "./schema.ts";
import { NONE, type Rec, type Timeline } from "./timeline.ts";

/** So far ahead is looked for where two runs come together again. */
const AHEAD = 40;
/** So many events in a row have to be the same there. */
const ALIKE = 3;
/** So often nothing may be found; after that, they have little in common. */
const MOST_LOST = 200;

/** Fields that no two runs on a real clock have in common. */
const TIMES = new Set(["deadline", "late", "timeout", "slept", "place", "from", "to"]);

export interface Row {
  /** The event here and the event there; `NONE` where the other has one more. */
  here: number;
  there: number;
  differs: boolean;
}

export class Compared {
  /** Of the other run. */
  readonly player: Player;
  readonly rows: Row[] = [];
  /** The first row that differs; -1 if none does. */
  readonly first: number;
  /** Whether times are compared: both clocks were virtual. */
  readonly times: boolean;
  /** The row from which on events are only set side by side, as nothing fits any more; -1 if that is nowhere. */
  lost = -1;
  private readonly rowOf: Int32Array;

  constructor(
    readonly file: string,
    private readonly a: Timeline,
    private readonly b: Timeline,
  ) {
    if (a.before !== b.before) throw new TraceError(() => wrong.otherBeginning);
    this.player = new Player(b);
    this.times = a.run.header.clock === "virtual" && b.run.header.clock === "virtual";
    this.rowOf = new Int32Array(a.count);
    this.align();
    this.first = this.rows.findIndex((row) => row.differs);
  }

  /** The row in which an event of this run stands. */
  row(index: number): number {
    return this.rowOf[index] ?? 0;
  }

  private align(): void {
    let [i, j, misses] = [0, 0, 0];
    while (i < this.a.count || j < this.b.count) {
      const meets = this.lost >= 0 || this.alike(i, j) ? { i, j } : this.meeting(i, j);
      if (meets === null) {
        misses += 1;
        if (misses > MOST_LOST) this.lost = this.rows.length;
      }
      const { i: toI, j: toJ } = meets ?? { i: i + 1, j: j + 1 };
      // What lies before they meet again is set side by side as long as there is something on both.
      for (; i < toI || j < toJ; i += i < toI ? 1 : 0, j += j < toJ ? 1 : 0)
        this.add(i < toI ? i : NONE, j < toJ ? j : NONE);
      if (meets !== null) this.add(i++, j++);
    }
  }

  private add(i: number, j: number): void {
    const here = i < this.a.count ? i : NONE;
    const there = j < this.b.count ? j : NONE;
    if (here === NONE && there === NONE) return;
    const differs = here === NONE || there === NONE || !this.same(here, there, this.times);
    if (here !== NONE) this.rowOf[here] = this.rows.length;
    this.rows.push({ here, there, differs });
  }

  /** The nearest events from these on at which both do the same again. */
  private meeting(i: number, j: number): { i: number; j: number } | null {
    for (let sum = 1; sum <= AHEAD; sum += 1) {
      for (let more = 0; more <= sum; more += 1) {
        if (this.areAlike(i + more, j + sum - more)) return { i: i + more, j: j + sum - more };
      }
    }
    return null;
  }

  private areAlike(i: number, j: number): boolean {
    for (let next = 0; next < ALIKE; next += 1) {
      if (i + next >= this.a.count && j + next >= this.b.count) return next > 0;
      if (!this.alike(i + next, j + next)) return false;
    }
    return true;
  }

  private alike(i: number, j: number): boolean {
    return i < this.a.count && j < this.b.count && this.same(i, j, false);
  }

  private same(i: number, j: number, times: boolean): boolean {
    if (this.a.kind(i) !== this.b.kind(j)) return false;
    const [one, other] = [this.a.record(i), this.b.record(j)];
    if (times && one.t !== other.t) return false;
    return Object.keys(one.entry).every(
      (field) => (!times && TIMES.has(field)) || this.text(this.a, one, field) === this.text(this.b, other, field),
    );
  }

  /** A field as it can be compared: tasks are numbered in each recording by itself, and ports are given as it comes. */
  private text({ run }: Timeline, { entry }: Rec, field: string): string {
    const value = (entry as Entry & Record<string, unknown>)[field];
    if ((field === "task" || field === "by") && typeof value === "number") {
      return value === NOBODY ? "?" : run.whos.label(value);
    }
    return String(value).replace(/([\d\]]):\d{4,5}(?!\d)/g, "$1:");
  }
}
