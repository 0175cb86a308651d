// Queues, locks and what else tasks wait for.

import { wrong } from "../messages.ts";
import { type Entry, NOBODY } from "../schema.ts";
import { impossible } from "./apply.ts";
import type { Resource, State, Waiter } from "./state.ts";

export function applyToResources(state: State, entry: Entry): void {
  switch (entry.kind) {
    case "ResNew": {
      const { resource, label, name, loc, cap } = entry;
      if (state.resources.has(resource)) impossible(() => wrong.resource(resource));
      const waits = state.table<number, Waiter>();
      state.resources.set(resource, { label, name, loc, cap, len: 0, unfinished: 0, holder: NOBODY, waits });
      return;
    }
    case "ResDel": {
      const gone = known(state, entry.resource);
      state.resources.delete(entry.resource);
      state.setHolder(entry.resource, gone.holder, NOBODY);
      for (const [waiter, { task }] of gone.waits.entries()) {
        state.endWait(task, { on: "resource", id: entry.resource, waiter });
      }
      return;
    }
    case "ResState": {
      const before = known(state, entry.resource);
      let { holder } = before;
      if (before.label === "lock") {
        // Who acquires is whoever is being polled.
        holder = entry.op === "acquire" ? state.polling.value : NOBODY;
        state.setHolder(entry.resource, before.holder, holder);
      }
      state.resources.set(entry.resource, { ...before, len: entry.len, unfinished: entry.unfinished, holder });
      return;
    }
    case "ResName":
      state.resources.set(entry.resource, { ...known(state, entry.resource), name: entry.name });
      return;
    default:
      return applyToWaits(state, entry);
  }
}

function applyToWaits(state: State, entry: Entry): void {
  switch (entry.kind) {
    case "ResWaitOn": {
      const { resource: id, waiter, task, op, loc } = entry;
      const { waits } = known(state, id);
      // One who was woken in vain comes back to its place.
      const former = waits.get(waiter);
      waits.set(waiter, { task, op, loc, woken: false });
      if (former) state.endWait(former.task, { on: "resource", id, waiter });
      return state.beginWait(task, { on: "resource", id, waiter });
    }
    case "ResWoken": {
      const { waits } = known(state, entry.resource);
      const wait = waits.get(entry.waiter);
      if (wait === undefined || wait.woken) return impossible(() => wrong.notWaiting(entry.waiter));
      waits.set(entry.waiter, { ...wait, woken: true, task: NOBODY });
      return state.endWait(wait.task, { on: "resource", id: entry.resource, waiter: entry.waiter });
    }
    case "ResWaitOff": {
      const { waits } = known(state, entry.resource);
      const { task } = waits.get(entry.waiter) ?? impossible(() => wrong.noWaiter(entry.waiter));
      waits.delete(entry.waiter);
      return state.endWait(task ?? NOBODY, { on: "resource", id: entry.resource, waiter: entry.waiter });
    }
  }
}

function known(state: State, resource: number): Resource {
  return state.resources.get(resource) ?? impossible(() => wrong.noResource(resource));
}
