// What an event says, in plain words; from the event and the state before it.

import { say } from "./messages.ts";
import type { Resource, State, Wait } from "./model/state.ts";
import { Names } from "./names.ts";
import { narrateReactor } from "./narrate-reactor.ts";
import { type Entry, NOBODY, type Of, type Who } from "./schema.ts";
import type { Rec, Timeline } from "./timeline.ts";
import { duration } from "./words.ts";

/** An event, and what there was before it. */
export class Scene {
  readonly names: Names;

  constructor(
    readonly timeline: Timeline,
    readonly record: Rec,
    readonly before: State,
  ) {
    this.names = new Names(before, timeline, record.index - 1);
  }

  /** How long it is since then, in words; nothing if it is no time. */
  after(begun: number | null): string {
    const length = begun === null ? 0 : Math.max(0, this.record.t - begun);
    return length === 0 ? "" : say.after(duration(length));
  }

  afterEvent(index: number): string {
    return this.after(index < 0 ? null : this.timeline.t[index]!);
  }

  /** Of an end of waiting: how long that was. */
  waited(): string {
    return this.afterEvent(this.timeline.cause[this.record.index]!);
  }

  /** Who does what happens: whoever is being polled. */
  doer(): string {
    const polling = this.before.polling.value;
    return polling === NOBODY ? say.theLoop : this.names.task(polling);
  }
}

/** One sentence, without its full stop. */
export function sentence(timeline: Timeline, record: Rec, before: State): string {
  const scene = new Scene(timeline, record, before);
  return (
    ofTheLoop(record.entry, scene) ??
    ofTasks(record.entry, scene) ??
    narrateReactor(record.entry, scene) ??
    ofResources(record.entry, scene) ??
    unknown(record.entry)
  );
}

function unknown(entry: Entry): string {
  const { kind, ...fields } = entry;
  return say.unknown(
    kind,
    Object.entries(fields).map(([name, value]) => `${name} ${String(value)}`),
  );
}

function ofTheLoop(entry: Entry, scene: Scene): string | null {
  const { before, timeline } = scene;
  switch (entry.kind) {
    case "RunBegin":
      return say.runBegin;
    case "RunEnd":
      return say.runEnd(entry.reason);
    case "Turn":
      return say.turn(before.ready, before.tasks.size, before.timers.size, before.sources.size);
    case "LoopEnd":
      return say.loopEnd;
    case "Dropped":
      return say.dropped(entry.count);
    case "Mark":
      return say.mark(scene.doer(), entry.text);
    case "Out":
      return entry.text === null ? say.outBytes(scene.doer(), entry.len) : say.out(scene.doer(), entry.text);
    case "SpanBegin":
      return say.spanBegin(scene.doer(), entry.name);
    case "SpanEnd": {
      const begun = timeline.cause[scene.record.index]!;
      const begin = begun < 0 ? undefined : timeline.record(begun).entry;
      return begin?.kind === "SpanBegin" ? say.spanEnd(begin.name, scene.afterEvent(begun)) : say.spanEndUnknown;
    }
    case "Report":
      return say.report(entry.what.replaceAll("_", " "), entry.text.replace(/^glassloop: /, ""));
    default:
      return null;
  }
}

function ofTasks(entry: Entry, scene: Scene): string | null {
  const { names, before, timeline, record } = scene;
  switch (entry.kind) {
    case "Spawn":
      return spawn(entry, scene);
    case "Rename":
      return say.rename(names.task(entry.task), entry.name);
    case "ChildStart":
      return say.childStart(names.task(entry.task));
    case "Wake":
      return wake(entry, scene);
    case "Enqueue":
      return say.enqueue(names.task(entry.task), before.ready + 1);
    case "Dequeue":
      if (entry.task === NOBODY) return say.dequeueEnded;
      return say.dequeue(names.task(entry.task), scene.afterEvent(last(scene, entry.task, "Enqueue")));
    case "PollBegin":
      return say.pollBegin(names.task(entry.task), timeline.polls[record.index]!);
    case "PollEnd":
      return pollEnd(entry, scene);
    case "Escape":
      return say.escape(names.task(entry.task));
    case "WakerClone":
      return say.wakerClone(names.task(entry.task), entry.live);
    case "WakerDrop":
      return say.wakerDrop(names.task(entry.task), entry.live);
    case "CancelAsk":
      return say.cancelAsk(names.task(entry.task));
    case "CancelDeliver":
      return say.cancelDeliver(names.task(entry.task));
    case "Done": {
      if (entry.ending === "started") return say.started(names.task(entry.task));
      const form = entry.ending === "finished" ? say.finished : say.cancelled;
      return form(names.task(entry.task), scene.afterEvent(born(timeline, entry.task)));
    }
    case "JoinWaitOn":
      return say.waitsForEnd(names.task(entry.task), names.target(entry.target), entry.loc);
    case "JoinWaitOff": {
      const [who, what] = [names.task(entry.task), say.endOf(names.target(entry.target))];
      const after = scene.waited();
      if (entry.why === "replaced") return say.waitReplaced(who, what);
      // It has ended itself; and there was but one.
      if (entry.why === "dropped" && entry.task === NOBODY) return say.nobodyWaits(what, after);
      return (entry.why === "woken" ? say.waitOver : say.waitGivenUp)(who, what, after);
    }
    default:
      return null;
  }
}

function last(scene: Scene, who: Who, kind: string): number {
  return scene.timeline.lastOf(who, scene.record.index - 1, (index) => scene.timeline.kind(index) === kind);
}

/** The event with which a task came to be; -1 if that was before the recording. */
export function born(timeline: Timeline, who: Who): number {
  const first = timeline.eventsOf(who)[0] ?? -1;
  return first >= 0 && ["Spawn", "ChildStart"].includes(timeline.kind(first)) ? first : -1;
}

function spawn(entry: Of<"Spawn">, { names, timeline }: Scene): string {
  const label = timeline.run.whos.label(entry.task);
  const what =
    entry.children === null ? say.task(label, entry.name) : say.gatherOf(say.gather(label, entry.name), entry.children);
  return say.spawn(what, entry.parent === null ? null : names.target(entry.parent), entry.loc, entry.size);
}

function wake(entry: Of<"Wake">, { names }: Scene): string {
  const whom = entry.task === NOBODY ? say.goneTask : names.task(entry.task);
  const woken = wakesWhom(entry, whom, names);
  if (entry.effect === "enqueued") return woken;
  return entry.effect === "stale" ? say.nothingHappens(woken) : say.queuedAlready(woken);
}

function wakesWhom(entry: Of<"Wake">, whom: string, names: Names): string {
  const by = entry.by === NOBODY ? null : names.task(entry.by);
  const source = entry.source ?? 0;
  switch (entry.via) {
    case "self":
      return say.wakesItself(whom);
    case "task":
      return say.wakes(by ?? say.someTask, whom);
    case "timer":
      return say.wakes(say.timer(source, null), whom);
    case "io":
      return say.wakes(names.source(source), whom);
    case "resource":
      return by === null ? say.wakes(names.resource(source), whom) : say.wakesThrough(by, whom, names.resource(source));
    case "join":
      return say.wakes(say.endOf(names.target(source)), whom);
    case "thread":
      return say.wakes(say.otherThread, whom);
    case "cancel":
      return say.wokenToCancel(whom);
    default:
      return say.wakes(say.theLoop, whom);
  }
}

function pollEnd(entry: Of<"PollEnd">, scene: Scene): string {
  const { names, before, timeline, record } = scene;
  const who = names.task(entry.task);
  const took = scene.afterEvent(timeline.cause[record.index]!);
  if (entry.ready) return say.ready(who, took);
  if (before.place(entry.task) !== null) return say.pendingQueued(who, took);
  const waits = names.waits(entry.task);
  return waits === null ? say.pendingUnknown(who, took) : say.pendingWaits(who, took, waits);
}

function ofResources(entry: Entry, scene: Scene): string | null {
  const { names, before } = scene;
  switch (entry.kind) {
    case "ResNew":
      return say.resNew(say.resource(entry.label, entry.name, entry.resource), entry.loc, entry.cap);
    case "ResName":
      return say.resName(names.resource(entry.resource), entry.name);
    case "ResDel":
      return say.gone(names.resource(entry.resource));
    case "ResState": {
      const known = before.resources.get(entry.resource) ?? { label: "", cap: null };
      const now = contents(known, entry.len, entry.unfinished);
      const title = names.resource(entry.resource);
      return entry.op === "bring" ? say.toBeginWith(title, now) : say.resState(entry.op, title, scene.doer(), now);
    }
    case "ResWaitOn":
    case "ResWoken":
    case "ResWaitOff": {
      const wait: Wait = { on: "resource", id: entry.resource, waiter: entry.waiter };
      const former = before.waiter(wait);
      const op = entry.kind === "ResWaitOn" ? entry.op : (former?.op ?? say.something);
      const what = say.waitOf(op, names.resource(entry.resource));
      if (entry.kind === "ResWaitOn") {
        return (former?.woken ? say.wokenInVain : say.waitsFor)(names.task(entry.task), what, entry.loc);
      }
      const who = names.task(former?.task ?? NOBODY);
      if (entry.kind === "ResWoken") return say.waitOver(who, what, scene.waited());
      if (former === undefined || former.woken) return say.leavesLine(scene.doer(), what);
      return say.waitGivenUp(who, what, scene.waited());
    }
    default:
      return null;
  }
}

/** What is in a resource, in the words of its kind. */
export function contents({ label, cap }: Pick<Resource, "label" | "cap">, len: number, unfinished: number): string {
  switch (label) {
    case "lock":
      return len === 0 ? say.held : say.free;
    case "semaphore":
      return say.permits(len, unfinished);
    case "event":
      return len > 0 ? say.set : say.clear;
    case "cancel token":
      return len > 0 ? say.cancelledToken : say.uncancelled;
    case "promise":
      return len > 0 ? say.hasOutcome : say.noOutcome;
    case "barrier":
      return say.barrier(len, unfinished);
    case "queue":
    case "lifo queue":
    case "priority queue":
      return say.queueHas(len, cap, unfinished);
    default:
      return say.has(len, unfinished);
  }
}
