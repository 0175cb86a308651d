// What tasks, timers, sources and resources are called at one moment.

import { say } from "./messages.ts";
import type { State, Wait } from "./model/state.ts";
import { NOBODY, type Place, type Who } from "./schema.ts";
import type { Timeline } from "./timeline.ts";
import { since } from "./since.ts";
import { duration } from "./words.ts";

export class Names {
  constructor(
    readonly state: State,
    readonly timeline: Timeline,
    /** The last event that has happened. */
    readonly index: number,
  ) {}

  /** `task 7 "fetch"`, `gather 3`, `child 2 of gather 3` */
  task(who: Who): string {
    if (who === NOBODY) return say.nobody;
    const { whos } = this.timeline.run;
    const name = this.name(who);
    const child = whos.child[who] ?? -1;
    if (child >= 0) return say.child(child, whos.task[who]!, name);
    const isGather = (this.timeline.births.get(who)?.children ?? null) !== null;
    return isGather ? say.gather(whos.label(who), name) : say.task(whos.label(who), name);
  }

  name(who: Who): string | null {
    const live = this.state.tasks.get(who);
    return live === undefined ? (this.timeline.births.get(who)?.name ?? null) : live.name;
  }

  /** A task, or a gather as a whole: it may have started, and its children remain. */
  target(task: number): string {
    return this.task(this.timeline.run.whos.whole(task));
  }

  /** `timer 12 (50 ms)` */
  timer(id: number): string {
    const armed = this.state.timers.get(id);
    const begun = this.timeline.armed.get(id);
    if (armed === undefined || begun === undefined) return say.timer(id, null);
    return say.timer(id, duration(Math.max(0, armed.deadline - this.timeline.t[begun]!)));
  }

  source(id: number): string {
    return say.source(id, this.state.sources.get(id)?.label ?? null);
  }

  /** `Queue "jobs"`, `Lock 3` */
  resource(id: number): string {
    const known = this.state.resources.get(id);
    return say.resource(known?.label ?? "resource", known?.name ?? null, id);
  }

  /** What is waited for: `get of Queue "jobs"`. */
  wanted(wait: Wait): string {
    const op = this.state.waiter(wait)?.op ?? "";
    switch (wait.on) {
      case "timer":
        return this.timer(wait.id);
      case "source":
        return say.waitOf(op, this.source(wait.id));
      case "resource":
        return say.waitOf(op, this.resource(wait.id));
      case "join":
        return say.endOf(this.target(wait.id));
    }
  }

  /** All that a task waits for, and where; `null` if that is nothing. */
  waits(who: Who): string | null {
    const waits = this.state
      .waits(who)
      .map((wait) => say.waitAt(this.wanted(wait), this.state.waiter(wait)?.loc ?? ""));
    return waits.length === 0 ? null : waits.join(say.andFor);
  }

  /** When a wait began, in nanoseconds; `null` if that was before the recording. */
  since(wait: Wait): number | null {
    const begun = since(this.timeline, this.state, wait, this.index);
    return begun < 0 ? null : this.timeline.t[begun]!;
  }
}

export function placeName(place: Place): string {
  if (place === "due" || place === "far") return say.place[place];
  const [level = "", slot = ""] = place.slice(1).split("/");
  return say.place.slot(level, slot);
}
