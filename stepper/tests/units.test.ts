// The parts that need no recorded run.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Cursor, fromBase64, TraceError } from "../src/bytes.ts";
import { runs } from "../src/decode.ts";
import { find, parse } from "../src/find.ts";
import { Cell, Journal, Table } from "../src/journal.ts";
import { say } from "../src/say.en.ts";
import { Player } from "../src/player.ts";
import { questionAt } from "../src/predict.ts";
import { Timeline } from "../src/timeline.ts";
import { duration, moment, shortLoc, splitLoc, thousands } from "../src/words.ts";
import { bytesOf, cases } from "./load.ts";

test("varints are read to 64 bits, and no further", () => {
  const read = (...bytes: number[]) => new Cursor(Uint8Array.from(bytes), 0, bytes.length).varint();
  assert.equal(read(0), 0);
  assert.equal(read(0xac, 0x02), 300);
  assert.equal(read(...Array(9).fill(0xff), 0x01), 2 ** 64);
  assert.throws(() => read(...Array(9).fill(0xff), 0x02), /more than 64 bits/);
  assert.throws(() => read(0x80), /is not complete/);
});

test("what is no recording is refused with a reason", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.throws(() => runs(bytes("")), /no glassloop trace/);
  assert.throws(() => runs(bytes("hello, world")), /no glassloop trace/);
  assert.throws(() => runs(bytes("GLT1")), /the header is not complete/);
  assert.throws(() => runs(Uint8Array.from([...bytes("GLT1"), 255, 255, 255, 255])), /the header is not complete/);
  assert.throws(
    () => runs(Uint8Array.from([...bytes("GLT1"), 2, 0, 0, 0, ...bytes("{}")])),
    /not that of a glassloop trace/,
  );
  assert.throws(() => fromBase64("§"), /not base64/);
});

test("a recording that is cut, or has any byte changed, never does harm", () => {
  const whole = bytesOf("queue.glt");
  const look = (bytes: Uint8Array) => {
    try {
      for (const run of runs(bytes)) {
        const timeline = new Timeline(run);
        if (timeline.count === 0) continue;
        const player = new Player(timeline);
        player.goTo(timeline.count - 1);
        player.goTo(0);
      }
    } catch (error) {
      assert.ok(error instanceof TraceError, String(error));
    }
  };
  for (let length = 0; length < whole.length; length += 37) look(whole.subarray(0, length));
  let random = 1;
  for (let round = 0; round < 3_000; round += 1) {
    const bytes = whole.slice();
    for (let change = 0; change < 2; change += 1) {
      random = (random * 48_271) % 2_147_483_647;
      bytes[random % bytes.length] = (random >> 8) & 0xff;
    }
    look(bytes);
  }
});

test("a journal undoes cells and tables, and forgets what is far", () => {
  const journal = new Journal();
  const cell = new Cell(journal, 0);
  const table = new Table<number, number>(journal);
  for (let step = 1; step <= 5; step += 1) {
    journal.begin();
    cell.value = step;
    table.set(7, step);
    if (step === 3) table.delete(7);
  }
  journal.undo();
  journal.undo();
  assert.deepEqual([cell.value, table.get(7)], [3, undefined]);
  journal.keep(1);
  assert.equal(journal.length, 1);
  journal.undo();
  assert.deepEqual([cell.value, table.get(7)], [2, 2]);
  journal.undo();
  assert.equal(cell.value, 2);
});

test("a recording that is too large opens its last part", () => {
  const [run] = runs(bytesOf("busy_loop.glt"));
  const whole = new Timeline(run!);
  const part = new Timeline(runs(bytesOf("busy_loop.glt"))[0]!, 10_000);
  assert.ok(!whole.isPart && part.isPart);
  assert.ok(part.count > 5_000 && part.count <= 20_000, `${part.count}`);
  assert.equal(part.before + part.count, whole.count);
  const [one, other] = [new Player(whole), new Player(part)];
  one.goTo(whole.count - 100);
  other.goTo(part.count - 100);
  assert.deepEqual([...other.state.tasks.keys()].length, [...one.state.tasks.keys()].length);
  assert.equal(part.seq(other.index), whole.seq(one.index));
});

test("a million events take less than 60 bytes each", () => {
  const [run] = runs(bytesOf("busy_loop.glt"));
  const timeline = new Timeline(run!);
  const columns = [
    timeline.code,
    timeline.t,
    timeline.at,
    timeline.who,
    timeline.within,
    timeline.cause,
    timeline.polls,
  ];
  const each = columns.reduce((sum, column) => sum + column.BYTES_PER_ELEMENT, 0);
  // Besides there is one list of the events of each task, and the recording itself.
  assert.ok(each + 4 + run!.bytes.length / timeline.count < 60);
});

test("searches are taken apart, and find what they say", () => {
  assert.deepEqual(parse(" task:7  kind:Wake jobs queue.rs:12"), [
    { field: "task", value: "7" },
    { field: "kind", value: "wake" },
    { field: null, value: "jobs" },
    { field: null, value: "queue.rs:12" },
  ]);
  const timeline = new Timeline(runs(bytesOf("queue.glt"))[0]!);
  const first = find(timeline, "kind:wake via:timer", 0, 1);
  assert.equal(timeline.kind(first), "Wake");
  assert.equal(find(timeline, "kind:wake via:timer", first, -1), -1);
  assert.equal(find(timeline, "", 0, 1), -1);
  assert.equal(timeline.kind(find(timeline, "queue.rs:32", 0, 1)), "ResWaitOn");
});

test("the right answer is whoever is polled next", () => {
  for (const name of ["dining_tasks.glt", "gather.glt", "pipeline.glt"]) {
    const player = new Player(new Timeline(runs(bytesOf(name))[0]!));
    let asked = 0;
    for (let index = 0; index < player.timeline.count; index += 1) {
      player.goTo(index);
      const question = questionAt(player);
      if (question === null) continue;
      asked += 1;
      let next = index + 1;
      while (player.timeline.kind(next) !== "PollBegin") next += 1;
      assert.equal(question.right, player.timeline.who[next]);
      assert.ok(question.choices.includes(question.right) && question.why.length > 5);
      assert.equal(player.index, index);
    }
    assert.ok(asked > 3, name);
  }
});

test("numbers and moments read as glass writes them", () => {
  assert.deepEqual([0, 850, 12_345, 1_500_000, 2e9, 303e9, 7_500e9, 90_000e9].map(duration), [
    "0 s",
    "850 ns",
    "12.3 µs",
    "1.5 ms",
    "2 s",
    "5 min 3 s",
    "2 h 5 min",
    "1 d 1 h",
  ]);
  assert.deepEqual([0, 1_500_000, 9_999_000_000, 10_000_001_000].map(moment), [
    "0 ms",
    "1.500 ms",
    "9999 ms",
    "10.000001 s",
  ]);
  assert.deepEqual([7, 1_000, 1_234_567].map(thousands), ["7", "1,000", "1,234,567"]);
  assert.equal(shortLoc("examples/queue.rs:12"), "queue.rs:12");
  assert.deepEqual(splitLoc("C:\\a.rs:7"), { file: "C:\\a.rs", line: 7 });
  assert.equal(say.pollBegin("task 1", 22), "task 1 is polled, for the 22nd time");
});

test("there are recordings to look at", () => {
  assert.ok(cases(".states").length > 60 && cases(".html").length > 20);
});
