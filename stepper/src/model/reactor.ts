// Timers and sources.

import { wrong } from "../messages.ts";
import { type Direction, type Entry, NOBODY, type Of, type Place } from "../schema.ts";
import { impossible } from "./apply.ts";
import type { Side, Source, State, Timer } from "./state.ts";

export function applyToReactor(state: State, entry: Entry): void {
  switch (entry.kind) {
    case "TimerArm": {
      const { timer, task, deadline, place, loc } = entry;
      if (state.timers.has(timer)) impossible(() => wrong.armed(timer));
      state.timers.set(timer, { task, deadline, place, loc });
      return state.beginWait(task, { on: "timer", id: timer });
    }
    case "TimerCascade": {
      const timer = armed(state, entry.timer);
      if (timer.place !== entry.from) impossible(() => wrong.place(entry.timer, timer.place));
      if (height(entry.to) >= height(entry.from)) impossible(() => wrong.cascade);
      state.timers.set(entry.timer, { ...timer, place: entry.to });
      return;
    }
    case "TimerFire":
    case "TimerCancel": {
      const timer = armed(state, entry.timer);
      if (entry.kind === "TimerFire" && timer.place !== "due") impossible(() => wrong.notDue(entry.timer));
      state.timers.delete(entry.timer);
      return state.endWait(timer.task, { on: "timer", id: entry.timer });
    }
    case "TimerWaker": {
      const timer = armed(state, entry.timer);
      state.timers.set(entry.timer, { ...timer, task: entry.task });
      state.endWait(timer.task, { on: "timer", id: entry.timer });
      return state.beginWait(entry.task, { on: "timer", id: entry.timer });
    }
    case "ClockJump":
      if (entry.from >= entry.to) impossible(() => wrong.backwards);
      return;
    default:
      return applyToSources(state, entry);
  }
}

function armed(state: State, timer: number): Timer {
  return state.timers.get(timer) ?? impossible(() => wrong.notArmed(timer));
}

/** How far from firing. */
export function height(place: Place): number {
  if (place === "due") return 0;
  return place === "far" ? 255 : 1 + Number(place.slice(1, place.indexOf("/")));
}

function applyToSources(state: State, entry: Entry): void {
  switch (entry.kind) {
    case "SourceAdd": {
      if (state.sources.has(entry.source)) impossible(() => wrong.registered(entry.source));
      const side = (): Side => ({ ready: true, closed: false, waits: state.table() });
      state.sources.set(entry.source, { label: entry.label, read: side(), write: side() });
      return;
    }
    case "SourceDel": {
      const { read, write } = registered(state, entry.source);
      if (read.waits.size + write.waits.size > 0) impossible(() => wrong.inUse(entry.source));
      state.sources.delete(entry.source);
      return;
    }
    case "Ready":
      return ready(state, entry);
    case "NotReady":
      if (!registered(state, entry.source)[entry.direction].ready) impossible(() => wrong.notReady);
      return setSide(state, entry.source, entry.direction, { ready: false });
    case "SourceWaitOn": {
      const { source: id, direction, waiter, task, op, loc } = entry;
      const { waits } = registered(state, id)[direction];
      if (waits.has(waiter)) impossible(() => wrong.waiter(waiter));
      waits.set(waiter, { task, op, loc, woken: false });
      return state.beginWait(task, { on: "source", id, direction, waiter });
    }
    case "SourceWaitOff": {
      const { source: id, direction, waiter } = entry;
      const { waits } = registered(state, id)[direction];
      const { task } = waits.get(waiter) ?? impossible(() => wrong.noWaiter(waiter));
      waits.delete(waiter);
      return state.endWait(task ?? NOBODY, { on: "source", id, direction, waiter });
    }
  }
}

function ready(state: State, entry: Of<"Ready">): void {
  const { read, write } = registered(state, entry.source);
  const told = [
    [entry.readable, read.ready],
    [entry.writable, write.ready],
    [entry.read_closed, read.closed],
    [entry.write_closed, write.closed],
  ];
  if (told.some(([isNew, was]) => isNew && was)) impossible(() => wrong.notNew);
  const both = (side: Side, isReady: boolean, isClosed: boolean) => ({
    ready: side.ready || isReady,
    closed: side.closed || isClosed,
  });
  setSide(state, entry.source, "read", both(read, entry.readable, entry.read_closed));
  setSide(state, entry.source, "write", both(write, entry.writable, entry.write_closed));
}

function setSide(state: State, source: number, direction: Direction, side: Partial<Side>): void {
  const known = registered(state, source);
  state.sources.set(source, { ...known, [direction]: { ...known[direction], ...side } });
}

function registered(state: State, source: number): Source {
  return state.sources.get(source) ?? impossible(() => wrong.notRegistered(source));
}
