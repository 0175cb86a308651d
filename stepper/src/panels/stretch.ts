// A stretch of a run, looked up once: while the window moves over it, what the lanes show stands still.

import { h, type VNode } from "../dom.ts";
import type { Who } from "../schema.ts";
import { lastAtMost } from "../search.ts";
import type { Timeline } from "../timeline.ts";

/** Where a stretch may begin and end; so the window comes to a new one only every so many events. */
const STEP = 64;
/** Lengths are counted from here on, so that they stay short, and hardly ever change. */
const ORIGIN = 4_096;
/** How wide an event is. */
export const COLUMN = 12;

export type Look = "none" | "waiting" | "queued" | "polling";

/** A wake that put somebody into the run queue. */
export interface Wake {
  event: number;
  task: Who;
  by: Who;
}

export class Stretch {
  readonly wakes: readonly Wake[];
  private readonly lanes = new Map<Who, VNode[]>();

  private constructor(
    private readonly timeline: Timeline,
    private readonly from: number,
    private readonly to: number,
    private readonly origin: number,
  ) {
    const wakes: Wake[] = [];
    for (let event = from; event <= to; event += 1) {
      if (timeline.kind(event) !== "Wake") continue;
      const { entry } = timeline.record(event);
      if (entry.kind === "Wake" && entry.effect === "enqueued") wakes.push({ event, task: entry.task, by: entry.by });
    }
    this.wakes = wakes;
  }

  private static last: Stretch | null = null;

  /** The stretch for a window; after `end` nothing may be seen. */
  static around(timeline: Timeline, from: number, to: number, end: number): Stretch {
    const start = from - (from % STEP);
    const stop = Math.min(end, to - (to % STEP) + STEP - 1, timeline.count - 1);
    const { last } = Stretch;
    if (last !== null && last.timeline === timeline && last.from === start && last.to === stop) return last;
    return (Stretch.last = new Stretch(timeline, start, stop, from - (from % ORIGIN)));
  }

  /** Where an event stands. */
  x(event: number): number {
    return (event - this.origin) * COLUMN;
  }

  /** What a task did, as bars. */
  bars(who: Who): VNode[] {
    let bars = this.lanes.get(who);
    if (bars === undefined) {
      bars = segments(this.timeline, who, this.from, this.to).map(([look, start, stop]) =>
        h("rect", {
          key: start,
          x: this.x(start),
          y: look === "waiting" ? 8 : 3,
          width: (stop - start) * COLUMN,
          height: look === "waiting" ? 4 : 14,
          class: look,
        }),
      );
      this.lanes.set(who, bars);
    }
    return bars;
  }
}

/** What a task did, event by event, as stretches: what it looks like from one event to before another. */
export function segments(timeline: Timeline, who: Who, from: number, to: number): Array<[Look, number, number]> {
  const events = timeline.eventsOf(who);
  const is = { alive: false, queued: false, polling: false, ended: false };
  const note = (event: number) => {
    switch (timeline.kind(event)) {
      case "Enqueue":
        is.queued = true;
        break;
      case "Dequeue":
        is.queued = false;
        break;
      case "PollBegin":
        is.polling = true;
        break;
      case "PollEnd":
        is.polling = false;
        break;
      case "Done":
        is.ended = true;
        is.queued = false;
    }
    // What it leaves behind may be told after its end.
    is.alive = !is.ended;
  };
  let at = lastAtMost(events.length, (place) => events[place]!, from - 1);
  // What it was before the window: the last few events tell.
  for (let place = Math.max(0, at - 40); place <= at; place += 1) note(events[place]!);
  const look = (): Look => (is.polling ? "polling" : is.queued ? "queued" : is.alive ? "waiting" : "none");
  const found: Array<[Look, number, number]> = [];
  let [now, start] = [look(), from];
  for (at += 1; at < events.length && events[at]! <= to; at += 1) {
    note(events[at]!);
    const next = look();
    if (next === now) continue;
    if (now !== "none") found.push([now, start, events[at]!]);
    [now, start] = [next, events[at]!];
  }
  if (now !== "none") found.push([now, start, to + 1]);
  return found;
}
