// All that is alive in a loop at one moment. `src/trace/model/state.rs` is the same in Rust, and the two are compared
// after every event of recorded runs.

import { Cell, Journal, Table } from "../journal.ts";
import { type Direction, NOBODY, type Place, type Who } from "../schema.ts";
import type { Whos } from "../whos.ts";

export interface Task {
  readonly name: string | null;
  /** The number of who created it. */
  readonly parent: number | null;
  readonly loc: string;
  /** To be dropped at its next turn. */
  readonly cancelAsked: boolean;
  /** A clone of its waker was handed to somebody unknown. */
  readonly escaped: boolean;
  /** How many clones of its waker strangers are known to hold. */
  readonly wakers: number;
}

/** Somebody waits for the end of a task or a gather. */
export interface Join {
  readonly task: Who;
  readonly loc: string;
}

export interface Timer {
  readonly task: Who;
  /** When it is due, in nanoseconds by the loop's clock. */
  readonly deadline: number;
  readonly place: Place;
  readonly loc: string;
}

/** Somebody waits for a source or a resource. */
export interface Waiter {
  readonly task: Who;
  /** To do what. */
  readonly op: string;
  readonly loc: string;
  /** Woken, but it has not had its turn yet. */
  readonly woken: boolean;
}

export interface Side {
  readonly ready: boolean;
  readonly closed: boolean;
  readonly waits: Table<number, Waiter>;
}

export interface Source {
  readonly label: string;
  readonly read: Side;
  readonly write: Side;
}

export interface Resource {
  /** What it is: `queue`, `lock`, `semaphore`, ... */
  readonly label: string;
  readonly name: string | null;
  readonly loc: string | null;
  /** A queue's bound. */
  readonly cap: number | null;
  /** How much is in it. */
  readonly len: number;
  /** How much is still to come. */
  readonly unfinished: number;
  /** Who holds a lock. */
  readonly holder: Who;
  /** By number, which is the order of arrival. */
  readonly waits: Table<number, Waiter>;
}

/** Something that a task waits for. */
export type Wait =
  | { readonly on: "timer"; readonly id: number }
  | { readonly on: "source"; readonly id: number; readonly direction: Direction; readonly waiter: number }
  | { readonly on: "resource"; readonly id: number; readonly waiter: number }
  | { readonly on: "join"; readonly id: number };

/** What a live task does; `idle`: nothing here will wake it, but somebody else may hold a waker of it. */
export type Doing = "polling" | "queued" | "waiting" | "idle";

const NO_WAITS: readonly Wait[] = [];

export class State {
  readonly journal = new Journal();
  /** Live tasks, gathers that have not started, and started children of gathers. */
  readonly tasks = this.table<Who, Task>();
  /** Who is being polled. */
  readonly polling = new Cell<Who>(this.journal, NOBODY);
  /** Who is ready; `NOBODY` for a task that ended while it was queued. */
  readonly queue = this.table<number, Who>();
  /** The numbers in `queue` of its front, and of the next place at its back. */
  readonly front = new Cell(this.journal, 0);
  readonly back = new Cell(this.journal, 0);
  readonly queuedAt = this.table<Who, number>();
  /** Who waits for the end of a task or gather, by the number of the latter. */
  readonly joins = this.table<number, Join>();
  /** Waits for what has just ended: no snapshot shows them. */
  readonly closing = this.table<number, Join>();
  readonly timers = this.table<number, Timer>((timer) => timer.deadline);
  readonly sources = this.table<number, Source>();
  readonly resources = this.table<number, Resource>();
  /** The other way round: what each task waits for, and which locks it holds. */
  readonly waitsOf = this.table<Who, readonly Wait[]>();
  readonly holdsOf = this.table<Who, readonly number[]>();

  constructor(readonly whos: Whos) {}

  table<K extends number, V>(rank?: (value: V) => number): Table<K, V> {
    return new Table<K, V>(this.journal, rank);
  }

  /** Who is ready, front first; at most so many. */
  runQueue(most = Infinity): Who[] {
    const line: Who[] = [];
    const end = Math.min(this.back.value, this.front.value + most);
    for (let at = this.front.value; at < end; at += 1) line.push(this.queue.get(at) ?? NOBODY);
    return line;
  }

  get ready(): number {
    return this.back.value - this.front.value;
  }

  /** How many have their turn before this task; `null` if it is not queued. */
  place(who: Who): number | null {
    const at = this.queuedAt.get(who);
    return at === undefined ? null : at - this.front.value;
  }

  doing(who: Who): Doing | null {
    if (!this.tasks.has(who)) return null;
    if (this.polling.value === who) return "polling";
    if (this.queuedAt.has(who)) return "queued";
    return this.waits(who).length > 0 ? "waiting" : "idle";
  }

  /** What a task waits for, in a settled order. */
  waits(who: Who): readonly Wait[] {
    const all = this.waitsOf.get(who) ?? NO_WAITS;
    // Nearly everybody waits for one thing, if for any.
    if (all.length < 2 && all[0]?.on !== "join") return all;
    const seen = all.filter((wait) => wait.on !== "join" || !this.closing.has(wait.id));
    return seen.sort((a, b) => rank(a) - rank(b) || a.id - b.id || number(a) - number(b));
  }

  /** Whether the task, or anybody of the gather, with this number is alive. */
  isAlive(task: number): boolean {
    for (const who of this.whos.family(task)) if (this.tasks.has(who)) return true;
    return false;
  }

  join(target: number): Join | undefined {
    return this.joins.get(target) ?? this.closing.get(target);
  }

  /** The entry of whoever waits: what it wants, and where. */
  waiter(wait: Wait): Waiter | undefined {
    switch (wait.on) {
      case "timer": {
        const timer = this.timers.get(wait.id);
        return timer && { ...timer, op: "sleep", woken: false };
      }
      case "source":
        return this.sources.get(wait.id)?.[wait.direction].waits.get(wait.waiter);
      case "resource":
        return this.resources.get(wait.id)?.waits.get(wait.waiter);
      case "join": {
        const join = this.join(wait.id);
        return join && { ...join, op: "join", woken: false };
      }
    }
  }

  beginWait(who: Who, wait: Wait): void {
    if (who === NOBODY) return;
    const others = (this.waitsOf.get(who) ?? []).filter((other) => !same(other, wait));
    this.waitsOf.set(who, [...others, wait]);
  }

  endWait(who: Who, wait: Wait): void {
    const waits = this.waitsOf.get(who);
    if (waits === undefined) return;
    const left = waits.filter((other) => !same(other, wait));
    if (left.length > 0) this.waitsOf.set(who, left);
    else this.waitsOf.delete(who);
  }

  setHolder(resource: number, former: Who, holder: Who): void {
    const left = (this.holdsOf.get(former) ?? []).filter((held) => held !== resource);
    if (left.length > 0) this.holdsOf.set(former, left);
    else this.holdsOf.delete(former);
    if (holder !== NOBODY) this.holdsOf.set(holder, [...(this.holdsOf.get(holder) ?? []), resource]);
  }
}

export function same(a: Wait, b: Wait): boolean {
  return a.on === b.on && a.id === b.id && number(a) === number(b) && rank(a) === rank(b);
}

/** Timers first, then sources, resources and ends. */
function rank(wait: Wait): number {
  return ["timer", "source", "resource", "join"].indexOf(wait.on);
}

/** Tells the waits for one source or resource apart. */
function number(wait: Wait): number {
  if (wait.on === "source") return wait.waiter * 2 + (wait.direction === "write" ? 1 : 0);
  return wait.on === "resource" ? wait.waiter : 0;
}
