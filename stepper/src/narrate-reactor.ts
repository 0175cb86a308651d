// Of timers, sources and the clock.

import { say } from "./messages.ts";
import type { Wait } from "./model/state.ts";
import { placeName } from "./names.ts";
import type { Scene } from "./narrate.ts";
import { type Entry, NOBODY, type Of } from "./schema.ts";
import { duration, moment } from "./words.ts";

/** The end of time is that of the numbers. */
const END_OF_TIME = 2 ** 64;

export function narrateReactor(entry: Entry, scene: Scene): string | null {
  switch (entry.kind) {
    case "TimerArm":
    case "TimerCascade":
    case "TimerFire":
    case "TimerCancel":
    case "TimerWaker":
      return ofTimers(entry, scene);
    case "ClockJump":
      return say.clockJump(duration(Math.max(0, entry.to - entry.from)), moment(entry.to));
    case "Park":
      if (entry.timeout === 0) return say.looks;
      return entry.timeout === null ? say.parksForEver : say.parks(duration(entry.timeout));
    case "Unpark":
      return unpark(entry);
    default:
      return ofSources(entry, scene);
  }
}

function ofTimers(
  entry: Of<"TimerArm"> | Of<"TimerCascade"> | Of<"TimerFire"> | Of<"TimerCancel"> | Of<"TimerWaker">,
  { names, record, before }: Scene,
): string {
  const timer = names.timer(entry.timer);
  switch (entry.kind) {
    case "TimerArm": {
      const length = duration(Math.max(0, entry.deadline - record.t));
      const until = entry.deadline >= END_OF_TIME ? say.forEver : say.until(moment(entry.deadline));
      return say.timerArm(entry.timer, names.task(entry.task), length, until, entry.loc, placeName(entry.place));
    }
    case "TimerCascade":
      return say.cascade(timer, placeName(entry.from), placeName(entry.to));
    case "TimerFire":
      return entry.late === 0 ? say.onTime(timer) : say.late(timer, duration(entry.late));
    case "TimerCancel": {
      const left = Math.max(0, (before.timers.get(entry.timer)?.deadline ?? 0) - record.t);
      return left === 0 ? say.disarmed(timer) : say.disarmedEarly(timer, duration(left));
    }
    case "TimerWaker":
      return say.timerWaker(timer, names.task(entry.task));
  }
}

function ofSources(entry: Entry, scene: Scene): string | null {
  const { names, before } = scene;
  switch (entry.kind) {
    case "SourceAdd":
      return say.sourceAdd(entry.source, entry.label);
    case "SourceDel":
      return say.sourceDel(names.source(entry.source));
    case "Ready": {
      const news: Array<[boolean, string]> = [
        [entry.readable, say.canRead],
        [entry.writable, say.canWrite],
        [entry.read_closed, say.noMoreSent],
        [entry.write_closed, say.noMoreTaken],
      ];
      return say.news(
        names.source(entry.source),
        news.filter(([isNew]) => isNew).map(([, text]) => text),
      );
    }
    case "NotReady":
      return say.notReady(names.source(entry.source), entry.direction);
    case "SourceWaitOn":
      return say.waitsFor(names.task(entry.task), say.waitOf(entry.op, names.source(entry.source)), entry.loc);
    case "SourceWaitOff": {
      const { source: id, direction, waiter } = entry;
      const wait: Wait = { on: "source", id, direction, waiter };
      const former = before.waiter(wait);
      const who = names.task(former?.task ?? NOBODY);
      const what = say.waitOf(former?.op ?? direction, names.source(id));
      if (entry.why === "replaced") return say.waitReplaced(who, what);
      return (entry.why === "woken" ? say.waitOver : say.waitGivenUp)(who, what, scene.waited());
    }
    case "IoTry": {
      const through = entry.result === "done" && entry.bytes !== null;
      const result = through ? say.wentThrough(entry.bytes ?? 0) : say.tried(entry.result);
      return say.ioTry(scene.doer(), entry.direction, names.source(entry.source), result);
    }
    default:
      return null;
  }
}

function unpark({ ready, unparked, slept }: Of<"Unpark">): string {
  const after = slept === 0 ? "" : say.after(duration(slept));
  if (ready === 0) return say.goesOn(after, unparked ? say.threadNews : say.nothingCame);
  return say.goesOn(after, unparked ? say.bothNews(ready) : say.sourceNews(ready));
}
