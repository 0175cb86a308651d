// Why a task ran: a chain from poll to poll, back to a root cause. Nothing is kept for it but the columns of the
// timeline, so it can be asked for any task at any event.

import { say } from "./messages.ts";
import type { Names } from "./names.ts";
import { NOBODY, type Of, type Who } from "./schema.ts";
import { NONE, type Timeline } from "./timeline.ts";
import { duration } from "./words.ts";

/** One link: why a task was polled, or dropped. */
export interface Link {
  who: Who;
  /** The event with which that began; with which it was queued, if it has not begun yet. */
  index: number;
  did: "ran" | "isQueued" | "wasDropped";
  /** In words: what `ui.whyDid` takes. */
  why: string;
}

/** The chain of a task, as things stand after the event `index`; at most so many links. */
export function chain(timeline: Timeline, names: Names, who: Who, index: number, most: number): Link[] {
  const links: Link[] = [];
  const kinds = ["PollBegin", "CancelDeliver", "Enqueue"];
  let at = timeline.lastOf(who, index, (event) => kinds.includes(timeline.kind(event)));
  while (at !== NONE && links.length < most) {
    const cause = causeOf(timeline, names, at);
    const kind = timeline.kind(at);
    const did = kind === "Enqueue" ? "isQueued" : kind === "CancelDeliver" ? "wasDropped" : "ran";
    links.push({ who: timeline.who[at]!, index: at, did, why: cause.why });
    if (cause.from >= at) break;
    at = cause.from;
  }
  return links;
}

interface Cause {
  why: string;
  /** The poll in which it happened: the next link. */
  from: number;
}

/** Why that poll or drop came to be. */
function causeOf(timeline: Timeline, names: Names, at: number): Cause {
  const who = timeline.who[at]!;
  const queued = timeline.kind(at) === "Enqueue" && timeline.cause[at] === NONE ? at : timeline.cause[at]!;
  if (queued === NONE) return { why: say.beforeRecording, from: NONE };
  const { entry } = timeline.record(queued);
  const inside = timeline.within[queued]!;
  if (entry.kind === "CancelAsk") return { why: say.wasCancelled(by(timeline, names, inside, who)), from: inside };
  if (entry.kind === "Wake") return wakeCause(timeline, names, queued, entry, who);
  const birth = timeline.births.get(who);
  if (birth === undefined) return { why: say.beforeRecording, from: NONE };
  const creator = by(timeline, names, inside, who);
  if (birth.parent === null && creator === null) return { why: say.root, from: NONE };
  return { why: say.spawned(creator, birth.loc), from: inside };
}

function wakeCause(timeline: Timeline, names: Names, wake: number, entry: Of<"Wake">, who: Who): Cause {
  const from = timeline.within[wake]!;
  const doer = entry.by === NOBODY ? null : name(names, entry.by, who);
  const trigger = timeline.cause[wake]!;
  const triggered = ["timer", "io", "resource", "join"].includes(entry.via) && trigger !== NONE;
  if (triggered) return triggerCause(timeline, names, trigger, doer, from, who);
  switch (entry.via) {
    case "self":
      return { why: say.wokeItself, from };
    case "task":
      return { why: say.wasWoken(doer), from };
    case "thread":
      return { why: say.threadWoke, from };
    case "cancel":
      return { why: say.wasCancelled(doer), from };
    default:
      return { why: say.loopWoke, from };
  }
}

function triggerCause(
  timeline: Timeline,
  names: Names,
  trigger: number,
  doer: string | null,
  from: number,
  who: Who,
): Cause {
  const { entry } = timeline.record(trigger);
  const begun = timeline.cause[trigger]!;
  const wait = begun === NONE ? null : timeline.record(begun);
  switch (entry.kind) {
    case "TimerFire": {
      const armed = wait?.entry.kind === "TimerArm" ? wait.entry : null;
      const length = armed === null ? null : duration(Math.max(0, armed.deadline - (wait?.t ?? 0)));
      const armedIn = begun === NONE ? NONE : timeline.within[begun]!;
      const late = entry.late === 0 ? null : duration(entry.late);
      const armer = by(timeline, names, armedIn, who);
      // That a sleeper armed its own timer goes without saying.
      const other = armer === say.itself ? null : armer;
      return { why: say.timerFired(say.timer(entry.timer, length), late, armed?.loc ?? "?", other), from: armedIn };
    }
    case "SourceWaitOff": {
      const on = wait?.entry.kind === "SourceWaitOn" ? wait.entry : null;
      return {
        why: say.sourceReady(sourceName(timeline, entry.source), on?.op ?? entry.direction, on?.loc ?? "?"),
        from,
      };
    }
    case "ResWoken": {
      const on = wait?.entry.kind === "ResWaitOn" ? wait.entry : null;
      const [op, title] = [lastOp(timeline, entry.resource, trigger), resourceName(timeline, entry.resource)];
      return { why: say.resourceDone(op, title, doer, on?.op ?? "?", on?.loc ?? "?"), from };
    }
    case "JoinWaitOff": {
      const loc = wait?.entry.kind === "JoinWaitOn" ? wait.entry.loc : "?";
      const lastPoll = doer === null ? lastPollOf(timeline, entry.target, trigger) : from;
      return { why: say.hadEnded(names.target(entry.target), loc), from: lastPoll };
    }
    default:
      return { why: say.loopWoke, from };
  }
}

/** Whoever ended woke it with its last poll, which is over. */
function lastPollOf(timeline: Timeline, task: number, upTo: number): number {
  const isTurn = (index: number) => ["PollBegin", "CancelDeliver"].includes(timeline.kind(index));
  let last = NONE;
  for (const who of timeline.run.whos.family(task)) last = Math.max(last, timeline.lastOf(who, upTo, isTurn));
  return last;
}

/** Who was being polled in that poll, as whoever it woke would say. */
function by(timeline: Timeline, names: Names, poll: number, who: Who): string | null {
  let at = poll;
  // A drop by a cancel may happen inside of a poll.
  while (at !== NONE && timeline.kind(at) !== "PollBegin") at = timeline.within[at]!;
  return at === NONE ? null : name(names, timeline.who[at]!, who);
}

function name(names: Names, other: Who, who: Who): string {
  return other === who ? say.itself : names.task(other);
}

function sourceName(timeline: Timeline, source: number): string {
  const added = timeline.sources.get(source);
  const entry = added === undefined ? null : timeline.record(added).entry;
  return say.source(source, entry?.kind === "SourceAdd" ? entry.label : null);
}

function resourceName(timeline: Timeline, resource: number): string {
  const made = timeline.resources.get(resource);
  const entry = made === undefined ? null : timeline.record(made).entry;
  const renamed = timeline.renamed.get(resource) ?? null;
  if (entry?.kind !== "ResNew") return say.resource("resource", renamed, resource);
  return say.resource(entry.label, renamed ?? entry.name, resource);
}

/** How far back is looked for what was done to a resource: it is told right before the wake. */
const FAR = 1_000;

function lastOp(timeline: Timeline, resource: number, before: number): string {
  for (let index = before; index >= Math.max(0, before - FAR); index -= 1) {
    if (timeline.kind(index) !== "ResState") continue;
    const { entry } = timeline.record(index);
    if (entry.kind === "ResState" && entry.resource === resource) return entry.op;
  }
  return say.somethingDone;
}

/** The events of a chain in the order in which they happened: what fired, the wake, the poll, and so on. */
export function stepsOf(timeline: Timeline, links: Link[]): number[] {
  const steps = new Set<number>();
  for (const { index } of links) {
    // A poll comes from a wake, a wake from what fired, and that from what was armed; a task's first, from its birth.
    for (let at = index; at >= 0 && !steps.has(at); at = timeline.cause[at] ?? NONE) steps.add(at);
  }
  return [...steps].sort((a, b) => a - b);
}
