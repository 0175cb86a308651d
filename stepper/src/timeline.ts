// What happened, as columns: one pass over the recording, after which any event can be looked at by itself. What a
// state does not tell is here: since when, how often, and what came of what.

import { type Problem, TraceError } from "./bytes.ts";
import { type Block, BlockReader, type Run, type Slots } from "./decode.ts";
import { wrong } from "./messages.ts";
import { type Entry, type KindName, NOBODY, type Who } from "./schema.ts";
import { Scan } from "./scan.ts";
import { lastAtMost } from "./search.ts";

/** Of a recording with more events than this, the last part is opened. */
export const MOST_EVENTS = 2_000_000;

/** Stands for an event that is not there. Events are counted from 0, in the part that was opened. */
export const NONE = -1;

export interface Rec {
  /** Its index here. */
  index: number;
  /** Its number in the run, counted from 1. */
  seq: number;
  /** Nanoseconds by the loop's clock. */
  t: number;
  entry: Entry;
}

/** What is said of a task once and for all. */
export interface Birth {
  name: string | null;
  parent: number | null;
  /** Of a gather. */
  children: number | null;
  loc: string;
  size: number;
}

export class Timeline {
  readonly run: Run;
  readonly blocks: Block[];
  /** The `seq` of the first event here is this plus one. */
  readonly before: number;
  /** What is wrong after the last event, if anything is. */
  readonly problem: Problem | null;
  readonly count: number;
  readonly births = new Map<Who, Birth>();

  // By event:
  /** Its kind's code. */
  readonly code: Uint8Array;
  readonly t: Float64Array;
  /** Where it stands among the bytes. */
  readonly at: Uint32Array;
  /** Whose event it is. */
  readonly who: Int32Array;
  /** The poll, or the drop by a cancel, in which it happened: the event with which that began. */
  readonly within: Int32Array;
  /** What it comes from: of a poll what queued the task, of a wake what fired, of an end of waiting its beginning. */
  readonly cause: Int32Array;
  /** How many polls of `who` had begun with it. */
  readonly polls: Int32Array;

  /** Turns, by event. */
  readonly turns: number[];
  /** What stands out: reports, remarks, bad ends. */
  readonly marks: number[];
  /** With which event each timer was armed, by its number. */
  readonly armed: ReadonlyMap<number, number>;
  /** With which event each source and each resource came to be, and the names that resources were given later. */
  readonly sources: ReadonlyMap<number, number>;
  readonly resources: ReadonlyMap<number, number>;
  readonly renamed: ReadonlyMap<number, string>;

  /** The events of each task: `events[starts[who]]` to `events[starts[who + 1]]`. */
  private readonly events: Int32Array;
  private readonly starts: Int32Array;

  constructor(run: Run, most = MOST_EVENTS) {
    const first = firstBlock(run, most);
    this.run = run;
    this.blocks = run.blocks.slice(first);
    const last = this.blocks.at(-1);
    this.before = (this.blocks[0]?.firstSeq ?? 1) - 1;
    // An event takes a byte at least.
    const room = last === undefined ? 0 : Math.max(0, last.firstSeq - this.before) + last.end - last.start;
    if (room > run.bytes.length) throw new TraceError(() => wrong.firstEvents);
    const scan = new Scan(run, this.blocks, room, this.births);
    this.problem = scan.problem ?? run.cut;
    this.count = scan.count;
    this.code = scan.code.subarray(0, scan.count);
    this.t = scan.t.subarray(0, scan.count);
    this.at = scan.at.subarray(0, scan.count);
    this.who = scan.who.subarray(0, scan.count);
    this.within = scan.within.subarray(0, scan.count);
    this.cause = scan.cause.subarray(0, scan.count);
    this.polls = scan.polls.subarray(0, scan.count);
    this.turns = scan.turns;
    this.marks = scan.marks;
    this.armed = scan.armed;
    this.sources = scan.sources;
    this.resources = scan.resources;
    this.renamed = scan.renamed;
    [this.events, this.starts] = this.byTask();
  }

  /** Whether the beginning of the run is missing here, because the recording is too large or has kept only its end. */
  get isPart(): boolean {
    return this.before > 0;
  }

  kind(index: number): KindName {
    return (this.run.kinds[this.code[index] ?? 0]?.name ?? "") as KindName;
  }

  seq(index: number): number {
    return this.before + index + 1;
  }

  index(seq: number): number {
    return seq - this.before - 1;
  }

  /** The block in which an event stands, by index. */
  blockOf(index: number): number {
    return lastAtMost(this.blocks.length, (block) => this.blocks[block]!.firstSeq, this.seq(index));
  }

  /** Which turn an event belongs to, counted from 1; 0 before the first. */
  turn(index: number): number {
    return lastAtMost(this.turns.length, (turn) => this.turns[turn]!, index) + 1;
  }

  private readers = new Map<Block, BlockReader>();

  record(index: number): Rec {
    const block = this.blocks[this.blockOf(index)]!;
    let reader = this.readers.get(block);
    if (reader === undefined) {
      // The strings of a few blocks are enough: neighbours are looked at together.
      if (this.readers.size >= 8) this.readers.clear();
      this.readers.set(block, (reader = new BlockReader(this.run, block)));
    }
    reader.cursor.at = this.at[index]!;
    const slots: Slots = [];
    const entry = reader.entry(reader.next(slots), slots);
    return { index, seq: this.seq(index), t: this.t[index]!, entry };
  }

  /** The events of a task, in order. */
  eventsOf(who: Who): Int32Array {
    return this.events.subarray(this.starts[who] ?? 0, this.starts[who + 1] ?? 0);
  }

  /** The last event of a task up to and with this one, if `wanted` says yes to it. */
  lastOf(who: Who, upTo: number, wanted: (index: number) => boolean = () => true): number {
    const events = this.eventsOf(who);
    for (let at = lastAtMost(events.length, (at) => events[at]!, upTo); at >= 0; at -= 1) {
      if (wanted(events[at]!)) return events[at]!;
    }
    return NONE;
  }

  private byTask(): [Int32Array, Int32Array] {
    const starts = new Int32Array(this.run.whos.count + 1);
    for (const who of this.who) if (who !== NOBODY) starts[who + 1]! += 1;
    for (let who = 0; who < this.run.whos.count; who += 1) starts[who + 1]! += starts[who]!;
    const events = new Int32Array(starts[this.run.whos.count] ?? 0);
    const next = starts.slice();
    for (let index = 0; index < this.count; index += 1) {
      const who = this.who[index]!;
      if (who !== NOBODY) events[next[who]!++] = index;
    }
    return [events, starts];
  }
}

function firstBlock(run: Run, most: number): number {
  const last = run.blocks.at(-1);
  if (last === undefined) return 0;
  run.blocks.forEach(({ firstSeq }, index) => {
    const former = run.blocks[index - 1];
    if (former && firstSeq <= former.firstSeq) throw new TraceError(() => wrong.notGrowing);
  });
  const wanted = last.firstSeq - most;
  const first = run.blocks.findIndex((block) => block.firstSeq >= wanted);
  return Math.max(0, first);
}
