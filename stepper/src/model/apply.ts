// One event more: from the state before it to the state after it.

import type { Problem } from "../bytes.ts";
import { wrong } from "../messages.ts";
import { type Entry, type KindName, NOBODY } from "../schema.ts";
import { applyToReactor } from "./reactor.ts";
import { applyToResources } from "./resources.ts";
import type { State } from "./state.ts";
import { applyToTasks } from "./tasks.ts";

/** What speaks against an event: it cannot come after those before it. */
export class Impossible extends Error {
  constructor(readonly says: Problem) {
    super(says());
  }
}

/** Whether an entry is part of a description, or something that happened. */
export type Tense = "is" | "happens";

export function impossible(why: Problem): never {
  throw new Impossible(why);
}

/** Which part of the state a kind changes; what is not here changes nothing. */
const PART: Partial<Record<KindName, (state: State, entry: Entry, tense: Tense) => void>> = {};
for (const kind of [
  "Spawn",
  "Rename",
  "ChildStart",
  "Wake",
  "Enqueue",
  "Dequeue",
  "PollBegin",
  "PollEnd",
  "Escape",
  "WakerClone",
  "WakerDrop",
  "CancelAsk",
  "CancelDeliver",
  "Done",
  "JoinWaitOn",
  "JoinWaitOff",
] as const)
  PART[kind] = applyToTasks;
for (const kind of [
  "TimerArm",
  "TimerCascade",
  "TimerFire",
  "TimerCancel",
  "TimerWaker",
  "ClockJump",
  "SourceAdd",
  "SourceDel",
  "Ready",
  "NotReady",
  "SourceWaitOn",
  "SourceWaitOff",
] as const)
  PART[kind] = applyToReactor;
for (const kind of ["ResNew", "ResDel", "ResState", "ResWaitOn", "ResWoken", "ResWaitOff", "ResName"] as const)
  PART[kind] = applyToResources;

export function apply(state: State, entry: Entry, tense: Tense): void {
  // In a state it says what was lost before; the state is whole.
  if (entry.kind === "Dropped" && tense === "happens") {
    impossible(() => wrong.missing(entry.count));
  }
  PART[entry.kind]?.(state, entry, tense);
}

/** A task has ended: nobody can tell any more whose its wakers were. */
export function forget(state: State, who: number): void {
  for (const wait of state.waitsOf.get(who) ?? []) {
    switch (wait.on) {
      case "timer": {
        const timer = state.timers.get(wait.id);
        if (timer) state.timers.set(wait.id, { ...timer, task: NOBODY });
        break;
      }
      case "join": {
        const table = state.joins.has(wait.id) ? state.joins : state.closing;
        const join = table.get(wait.id);
        if (join) table.set(wait.id, { ...join, task: NOBODY });
        break;
      }
      default: {
        const owner =
          wait.on === "source" ? state.sources.get(wait.id)?.[wait.direction] : state.resources.get(wait.id);
        const waiter = owner?.waits.get(wait.waiter);
        if (waiter) owner?.waits.set(wait.waiter, { ...waiter, task: NOBODY });
      }
    }
  }
  state.waitsOf.delete(who);
  for (const held of state.holdsOf.get(who) ?? []) {
    const resource = state.resources.get(held);
    if (resource) state.resources.set(held, { ...resource, holder: NOBODY });
  }
  state.holdsOf.delete(who);
}
