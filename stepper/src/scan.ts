// The pass over all events that fills the columns of a `Timeline`.

import { type Problem, TraceError } from "./bytes.ts";
import { type Block, BlockReader, type Run, type Slots } from "./decode.ts";
import { wrong } from "./messages.ts";
import { type Kind, NOBODY, type Who } from "./schema.ts";
import type { Birth } from "./timeline.ts";

const NONE = -1;

/** Where a kind's fields are among its slots; and what to do with an event of it. */
interface Plan {
  who: number;
  step: ((index: number, field: (name: string) => number) => void) | undefined;
  field: (name: string) => number;
  /** Wakes that follow still come from what came before. */
  keepsTrigger: boolean;
}

export class Scan {
  readonly code: Uint8Array;
  readonly t: Float64Array;
  readonly at: Uint32Array;
  readonly who: Int32Array;
  readonly within: Int32Array;
  readonly cause: Int32Array;
  readonly polls: Int32Array;
  readonly turns: number[] = [];
  readonly marks: number[] = [];
  count = 0;
  problem: Problem | null = null;

  private readonly slots: Slots = [];
  private reader: BlockReader | undefined;
  /** The poll or the drop under way. */
  private current = NONE;
  /** What the next wakes come from. */
  private trigger = NONE;
  /** By task: what put it in the run queue, who asked it to end, and how often it was polled. */
  private readonly queuedBy: number[] = [];
  private readonly asked = new Map<Who, number>();
  private readonly polled: number[] = [];
  /** By number: when it was armed, or when that wait began. */
  readonly armed = new Map<number, number>();
  /** With which event each source and resource came to be; and the names that resources were given later. */
  readonly sources = new Map<number, number>();
  readonly resources = new Map<number, number>();
  readonly renamed = new Map<number, string>();
  private readonly joins = new Map<number, number>();
  private readonly waits = new Map<number, Map<number, number>>();
  private readonly spans = new Map<number, number>();
  private readonly plans: Array<Plan | undefined>;

  constructor(
    private readonly run: Run,
    blocks: Block[],
    room: number,
    private readonly births: Map<Who, Birth>,
  ) {
    this.code = new Uint8Array(room);
    this.t = new Float64Array(room);
    this.at = new Uint32Array(room);
    [this.who, this.within, this.cause, this.polls] = [1, 2, 3, 4].map(() => new Int32Array(room)) as [
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
    ];
    this.plans = run.kinds.map((kind) => kind && this.plan(kind));
    try {
      blocks.forEach((block, index) => this.block(block, index === 0, blocks[index + 1]?.firstSeq));
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      this.problem = error.says;
    }
  }

  private block(block: Block, isFirst: boolean, next: number | undefined): void {
    const reader = (this.reader = new BlockReader(this.run, block));
    for (let left = reader.states; left > 0; left -= 1) {
      const kind = reader.next(this.slots);
      if (isFirst && kind.name === "Spawn") this.spawn(this.plans[kind.code]!.field);
    }
    const events = reader.events();
    if (next !== undefined && block.firstSeq + events !== next) {
      reader.cursor.fail(() => wrong.blockCount);
    }
    for (let left = events; left > 0; left -= 1) this.event(reader);
    if (reader.cursor.at !== reader.cursor.end) reader.cursor.fail(() => wrong.blockLong);
  }

  private event(reader: BlockReader): void {
    const index = this.count;
    this.at[index] = reader.cursor.at;
    const kind = reader.next(this.slots);
    const plan = this.plans[kind.code]!;
    const who = plan.who < 0 ? NOBODY : this.slots[plan.who]!;
    this.code[index] = kind.code;
    this.t[index] = reader.t;
    this.who[index] = who;
    this.within[index] = this.current;
    this.cause[index] = NONE;
    const trigger = this.trigger;
    plan.step?.(index, plan.field);
    if (!plan.keepsTrigger && this.trigger === trigger) this.trigger = NONE;
    this.polls[index] = this.polled[this.who[index]!] ?? 0;
    this.count += 1;
  }

  private plan(kind: Kind): Plan {
    const names = kind.fields.map((field) => field.name);
    const field = (name: string) => this.slots[names.indexOf(name)]!;
    const step = kind.known ? this.steps[kind.name] : undefined;
    const keepsTrigger = ["Wake", "Enqueue", "WakerDrop"].includes(kind.name);
    return { who: kind.known ? names.indexOf("task") : -1, step, field, keepsTrigger };
  }

  private spawn(field: (name: string) => number): void {
    const text = (slot: number) => (slot < 0 ? null : (this.reader?.strings[slot] ?? null));
    const maybe = (slot: number) => (slot < 0 ? null : slot);
    this.births.set(field("task"), {
      name: text(field("name")),
      parent: maybe(field("parent")),
      children: maybe(field("children")),
      loc: text(field("loc")) ?? "",
      size: field("size"),
    });
  }

  /** Notes where the event comes from, and so whose it is. */
  private follows(index: number, begun: number | undefined): void {
    this.cause[index] = begun ?? NONE;
    if (this.who[index] === NOBODY && begun !== undefined) this.who[index] = this.who[begun]!;
  }

  private waitsOf(key: number): Map<number, number> {
    let waits = this.waits.get(key);
    if (waits === undefined) this.waits.set(key, (waits = new Map()));
    return waits;
  }

  private readonly steps: Record<string, (index: number, field: (name: string) => number) => void> = {
    Turn: (index) => this.turns.push(index),
    Mark: (index) => this.marks.push(index),
    Report: (index) => this.marks.push(index),
    RunEnd: (index) => this.marks.push(index),
    SpanBegin: (index, field) => this.spans.set(field("span"), index),
    SpanEnd: (index, field) => this.follows(index, this.spans.get(field("span"))),
    Spawn: (_, field) => this.spawn(field),
    Rename: (index, field) => {
      const birth = this.births.get(this.who[index]!);
      if (birth) birth.name = this.reader?.strings[field("name")] ?? null;
    },
    ChildStart: (index) => {
      // Children are polled within the turn of their gather.
      const child = this.who[index]!;
      const gather = this.run.whos.whole(this.run.whos.task[child] ?? 0);
      const birth = this.births.get(gather);
      if (birth) this.births.set(child, { ...birth, children: null, size: 0 });
      this.queuedBy[child] = this.queuedBy[gather] ?? NONE;
    },
    Wake: (index, field) => {
      this.cause[index] = this.trigger;
      const enqueued = field("effect") === 0;
      if (enqueued) this.queuedBy[this.who[index]!] = index;
    },
    Enqueue: (index) => {
      const who = this.who[index]!;
      this.cause[index] = this.queuedBy[who] ?? NONE;
      if (this.cause[index] === NONE) this.queuedBy[who] = index;
    },
    Dequeue: (index) => {
      this.cause[index] = this.queuedBy[this.who[index]!] ?? NONE;
    },
    PollBegin: (index) => {
      const who = this.who[index]!;
      this.cause[index] = this.queuedBy[who] ?? NONE;
      this.queuedBy[who] = NONE;
      this.polled[who] = (this.polled[who] ?? 0) + 1;
      this.current = this.within[index] = index;
    },
    PollEnd: (index) => {
      this.cause[index] = this.current;
      this.current = NONE;
    },
    CancelAsk: (index) => this.asked.set(this.who[index]!, index),
    CancelDeliver: (index) => {
      const who = this.who[index]!;
      this.cause[index] = this.asked.get(who) ?? NONE;
      this.asked.delete(who);
      this.queuedBy[who] = NONE;
      this.current = index;
    },
    Done: (index) => {
      const who = this.who[index]!;
      this.queuedBy[who] = NONE;
      this.asked.delete(who);
      const current = this.current;
      const dropped = current !== NONE && this.who[current] === who && this.isDrop(current);
      if (dropped) this.current = this.within[current]!;
    },
    JoinWaitOn: (index, field) => this.joins.set(field("target"), index),
    JoinWaitOff: (index, field) => {
      this.follows(index, this.joins.get(field("target")));
      this.joins.delete(field("target"));
      if (field("why") === 0) this.trigger = index;
    },
    TimerArm: (index, field) => this.armed.set(field("timer"), index),
    TimerCascade: (index, field) => this.follows(index, this.armed.get(field("timer"))),
    TimerWaker: (index, field) => this.follows(index, this.armed.get(field("timer"))),
    TimerCancel: (index, field) => this.follows(index, this.armed.get(field("timer"))),
    TimerFire: (index, field) => {
      this.follows(index, this.armed.get(field("timer")));
      this.trigger = index;
    },
    SourceWaitOn: (index, field) => this.waitsOf(sourceKey(field)).set(field("waiter"), index),
    SourceWaitOff: (index, field) => {
      this.follows(index, this.waitsOf(sourceKey(field)).get(field("waiter")));
      this.waitsOf(sourceKey(field)).delete(field("waiter"));
      if (field("why") === 0) this.trigger = index;
    },
    ResWaitOn: (index, field) => {
      const waits = this.waitsOf(resourceKey(field));
      // Who comes back to its place in a line has waited there all the time.
      const former = waits.get(field("waiter"));
      if (former === undefined) waits.set(field("waiter"), index);
      else this.cause[index] = former;
    },
    ResWoken: (index, field) => {
      this.follows(index, this.waitsOf(resourceKey(field)).get(field("waiter")));
      this.trigger = index;
    },
    ResWaitOff: (index, field) => {
      this.follows(index, this.waitsOf(resourceKey(field)).get(field("waiter")));
      this.waitsOf(resourceKey(field)).delete(field("waiter"));
    },
    SourceAdd: (index, field) => this.sources.set(field("source"), index),
    ResNew: (index, field) => this.resources.set(field("resource"), index),
    ResName: (_, field) => this.renamed.set(field("resource"), this.reader?.strings[field("name")] ?? ""),
    ResDel: (_, field) => this.waits.delete(resourceKey(field)),
  };

  private isDrop(index: number): boolean {
    return this.run.kinds[this.code[index]!]?.name === "CancelDeliver";
  }
}

function sourceKey(field: (name: string) => number): number {
  return -1 - (field("source") * 2 + field("direction"));
}

function resourceKey(field: (name: string) => number): number {
  return field("resource");
}
