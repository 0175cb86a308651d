// The model of this page is that of the runtime: after every event of every recorded run, in any order of visiting.

import assert from "node:assert/strict";
import { test } from "node:test";

import { runs } from "../src/decode.ts";
import type { Table } from "../src/journal.ts";
import type { Side, State, Task, Waiter } from "../src/model/state.ts";
import { sentence } from "../src/narrate.ts";
import { Player } from "../src/player.ts";
import { NOBODY, type Who } from "../src/schema.ts";
import { Timeline } from "../src/timeline.ts";
import { bytesOf, cases, linesOf } from "./load.ts";

/** A state in the form of `glass export --states`. */
export function described(state: State): unknown {
  const who = (who: Who) => (who === NOBODY ? null : state.whos.label(who));
  const rows = <V>(table: Table<number, V>, row: (value: V) => unknown) =>
    Object.fromEntries([...table.entries()].map(([number, value]) => [String(number), row(value)]));
  const side = ({ ready, closed, waits }: Side) => ({
    ready,
    closed,
    waits: rows(waits, ({ task, op, loc }) => ({ task: who(task), op, loc })),
  });
  const waiter = ({ task, op, loc, woken }: Waiter) => ({ task: who(task), op, loc, woken });
  return {
    polling: who(state.polling.value),
    run_queue: state.runQueue().map(who),
    tasks: Object.fromEntries(
      [...state.tasks.entries()].map(([task, facts]) => [state.whos.label(task), live(state, task, facts)]),
    ),
    joins: rows(state.joins, ({ task, loc }) => ({ task: who(task), loc })),
    timers: rows(state.timers, ({ task, deadline, place, loc }) => ({ task: who(task), deadline, place, loc })),
    sources: rows(state.sources, ({ label, read, write }) => ({ label, read: side(read), write: side(write) })),
    resources: rows(state.resources, ({ label, name, loc, cap, len, unfinished, holder, waits }) => ({
      label,
      name,
      loc,
      cap,
      len,
      unfinished,
      holder: who(holder),
      waits: rows(waits, waiter),
    })),
  };
}

function live(state: State, who: Who, { name, parent, loc, cancelAsked, escaped, wakers }: Task): unknown {
  const holds = [...(state.holdsOf.get(who) ?? [])].sort((a, b) => a - b);
  const facts = { name, parent, loc, cancel_asked: cancelAsked, escaped, wakers };
  return { ...facts, doing: state.doing(who), waits: state.waits(who).length, holds };
}

function players(name: string): Player[] {
  return runs(bytesOf(name)).map((run) => new Player(new Timeline(run)));
}

for (const name of cases(".states").map((states) => states.replace(/states$/, "glt"))) {
  const expected = () =>
    linesOf(name.replace(/glt$/, "states")).map((line) => {
      const { run, seq, ...state } = JSON.parse(line) as { run: number; seq: number };
      return { run, seq, state };
    });

  test(`${name}: the states are the runtime's, forwards and backwards`, () => {
    const all = players(name);
    const there = expected();
    assert.equal(
      all.reduce((sum, player) => sum + player.timeline.count, 0),
      there.length,
    );
    for (const { run, seq, state } of there) {
      const player = all[run]!;
      player.goTo(player.timeline.index(seq));
      assert.equal(player.broken, null);
      assert.deepEqual(described(player.state), state, `run ${run}, after event ${seq}`);
    }
    for (const { run, seq, state } of there.reverse()) {
      const player = all[run]!;
      player.goTo(player.timeline.index(seq));
      assert.deepEqual(described(player.state), state, `run ${run}, back at event ${seq}`);
    }
  });

  test(`${name}: a jump leads to the same state as steps`, () => {
    const there = expected();
    let random = 7;
    for (let jump = 0; jump < Math.min(60, there.length); jump += 1) {
      random = (random * 48_271) % 2_147_483_647;
      const { run, seq, state } = there[random % there.length]!;
      const player = new Player(new Timeline(runs(bytesOf(name))[run]!));
      player.goTo(player.timeline.index(seq));
      assert.deepEqual(described(player.state), state, `run ${run}, at event ${seq}`);
    }
  });
}

for (const name of cases(".tell")) {
  test(`${name}: the sentences are those of glass tell`, () => {
    const told: string[] = [];
    for (const player of players(name.replace(/tell$/, "glt"))) {
      const { timeline } = player;
      player.visit(0, timeline.count - 1, (record, before) => told.push(sentence(timeline, record, before)));
    }
    const lines: string[] = [];
    for (const line of linesOf(name)) {
      const [, text] = /^ *\d+ +[\d.]+ (?:s|ms)  (?:turn \d+| {9}) *(.*)$/.exec(line) ?? [];
      if (text !== undefined) lines.push(text);
      else if (/^ {31}/.test(line)) lines.push(`${lines.pop()}\n${line.slice(31)}`);
    }
    assert.deepEqual(told, lines);
  });
}
