// Tasks, the run queue, and who waits for whose end.

import { wrong } from "../messages.ts";
import { type Effect, type Entry, NOBODY, type Of, type Who } from "../schema.ts";
import { forget, impossible, type Tense } from "./apply.ts";
import type { State, Task } from "./state.ts";

export function applyToTasks(state: State, entry: Entry, tense: Tense): void {
  switch (entry.kind) {
    case "Spawn":
      return born(state, entry.task, { ...NEW, name: entry.name, parent: entry.parent, loc: entry.loc });
    case "ChildStart": {
      const gather = state.tasks.get(state.whos.whole(state.whos.task[entry.task] ?? impossible(() => wrong.nobody)));
      if (gather === undefined) return impossible(() => wrong.gatherGone);
      return born(state, entry.task, { ...NEW, name: gather.name, parent: gather.parent, loc: gather.loc });
    }
    case "Rename":
      for (const who of state.whos.family(state.whos.task[entry.task] ?? -1)) {
        if (state.tasks.has(who)) change(state, who, { name: entry.name });
      }
      return;
    case "Enqueue":
      return enqueue(state, entry.task, tense);
    case "Dequeue":
      return dequeue(state, entry.task);
    case "Wake":
      return checkWake(state, entry);
    case "PollBegin":
      if (state.polling.value !== NOBODY) impossible(() => wrong.polled(state.whos.label(state.polling.value)));
      alive(state, entry.task);
      state.polling.value = entry.task;
      return;
    case "PollEnd":
      if (entry.task === NOBODY || entry.task !== state.polling.value) impossible(() => wrong.otherPolled);
      state.polling.value = NOBODY;
      return;
    case "JoinWaitOn":
      if (state.joins.has(entry.target)) impossible(() => wrong.awaited(String(entry.target)));
      state.joins.set(entry.target, { task: entry.task, loc: entry.loc });
      return state.beginWait(entry.task, { on: "join", id: entry.target });
    case "JoinWaitOff":
      return joined(state, entry.target);
    default:
      return changed(state, entry, tense);
  }
}

const NEW = { cancelAsked: false, escaped: false, wakers: 0 };

function born(state: State, who: Who, task: Task): void {
  if (who === NOBODY) impossible(() => wrong.nobody);
  if (state.tasks.has(who)) impossible(() => wrong.born(state.whos.label(who)));
  state.tasks.set(who, task);
}

function enqueue(state: State, who: Who, tense: Tense): void {
  // Of somebody who ended in the run queue, the place stays.
  if (who !== NOBODY || tense === "happens") {
    alive(state, who);
    if (state.queuedAt.has(who)) impossible(() => wrong.queued(state.whos.label(who)));
    state.queuedAt.set(who, state.back.value);
  }
  state.queue.set(state.back.value, who);
  state.back.value += 1;
}

function dequeue(state: State, who: Who): void {
  if (state.ready === 0) impossible(() => wrong.emptyQueue);
  const front = state.queue.get(state.front.value) ?? NOBODY;
  if (front !== who) impossible(() => wrong.front(state.whos.label(front)));
  state.queue.delete(state.front.value);
  state.front.value += 1;
  if (who !== NOBODY) state.queuedAt.delete(who);
}

function checkWake(state: State, { task, effect }: Of<"Wake">): void {
  let expected: Effect = "enqueued";
  if (!state.tasks.has(task)) expected = "stale";
  else if (state.queuedAt.has(task)) expected = "already_queued";
  if (effect !== expected) impossible(() => wrong.effect(expected));
}

function joined(state: State, target: number): void {
  const join = state.join(target);
  // A block that begins between an end and its wake does not know of this wait.
  if (join === undefined) return;
  state.joins.delete(target);
  state.closing.delete(target);
  state.endWait(join.task, { on: "join", id: target });
}

function changed(state: State, entry: Entry, tense: Tense): void {
  switch (entry.kind) {
    case "Escape":
      return change(state, entry.task, { escaped: true });
    case "WakerClone":
    case "WakerDrop": {
      const { wakers } = alive(state, entry.task);
      const expected = entry.kind === "WakerClone" ? wakers + 1 : wakers - 1;
      if (tense === "happens" && entry.live !== expected) impossible(() => wrong.clones(wakers));
      return change(state, entry.task, { wakers: entry.live });
    }
    case "CancelAsk":
      return change(state, entry.task, { cancelAsked: true });
    case "CancelDeliver":
      if (!alive(state, entry.task).cancelAsked) impossible(() => wrong.notAsked);
      return;
    case "Done":
      return ended(state, entry.task);
  }
}

function ended(state: State, who: Who): void {
  alive(state, who);
  if (state.polling.value === who) impossible(() => wrong.polled(state.whos.label(who)));
  state.tasks.delete(who);
  const place = state.queuedAt.get(who);
  if (place !== undefined) {
    state.queuedAt.delete(who);
    state.queue.set(place, NOBODY);
  }
  forget(state, who);
  // Whoever waits for its end is woken next; until then the wait is nowhere to be seen.
  const id = state.whos.task[who]!;
  const join = state.joins.get(id);
  if (join !== undefined && !state.isAlive(id)) {
    state.joins.delete(id);
    state.closing.set(id, join);
  }
}

function alive(state: State, who: Who): Task {
  if (who === NOBODY) return impossible(() => wrong.nobody);
  return state.tasks.get(who) ?? impossible(() => wrong.dead(state.whos.label(who)));
}

function change(state: State, who: Who, what: Partial<Task>): void {
  state.tasks.set(who, { ...alive(state, who), ...what });
}
