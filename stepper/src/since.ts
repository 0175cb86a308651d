// When a wait began.

import type { State, Wait } from "./model/state.ts";
import { NOBODY } from "./schema.ts";
import { NONE, type Timeline } from "./timeline.ts";

/** A wait is the same object from its beginning to its end, and has begun once. */
const known = new WeakMap<Wait, number>();

/** The event with which a wait that there is after `index` began; `NONE` if that was before the recording. */
export function since(timeline: Timeline, state: State, wait: Wait, index: number): number {
  let begun = known.get(wait);
  if (begun === undefined) known.set(wait, (begun = search(timeline, state, wait, index)));
  return begun;
}

function search(timeline: Timeline, state: State, wait: Wait, index: number): number {
  if (wait.on === "timer") return timeline.armed.get(wait.id) ?? NONE;
  const who = state.waiter(wait)?.task ?? NOBODY;
  if (who === NOBODY) return NONE;
  const begun = timeline.lastOf(who, index, (event) => begins(timeline, event, wait));
  // Who comes back to its place in a line has waited there all the time.
  return begun !== NONE && timeline.cause[begun]! >= 0 ? timeline.cause[begun]! : begun;
}

function begins(timeline: Timeline, event: number, wait: Wait): boolean {
  const kind = timeline.kind(event);
  if (kind !== "JoinWaitOn" && kind !== "SourceWaitOn" && kind !== "ResWaitOn") return false;
  const { entry } = timeline.record(event);
  switch (entry.kind) {
    case "JoinWaitOn":
      return wait.on === "join" && entry.target === wait.id;
    case "SourceWaitOn":
      return (
        wait.on === "source" &&
        entry.source === wait.id &&
        entry.waiter === wait.waiter &&
        entry.direction === wait.direction
      );
    case "ResWaitOn":
      return wait.on === "resource" && entry.resource === wait.id && entry.waiter === wait.waiter;
    default:
      return false;
  }
}
