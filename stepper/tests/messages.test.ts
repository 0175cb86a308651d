// The catalogues: each language says the same things, with the same facts in them.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { runs } from "../src/decode.ts";
import { endOf, eul, eun, i, ro } from "../src/josa.ts";
import { catalogues, languageOf, say, speak, ui } from "../src/messages.ts";
import { sentence } from "../src/narrate.ts";
import { Player } from "../src/player.ts";
import { Timeline } from "../src/timeline.ts";
import { bytesOf } from "./load.ts";

after(() => speak("en"));

type Leaf = [name: string, value: unknown];

function leaves(value: unknown, name: string): Leaf[] {
  if (typeof value !== "object" || value === null) return [[name, value]];
  return Object.entries(value).flatMap(([key, part]) => leaves(part, `${name}.${key}`));
}

/** Words of the program's own that a language may translate instead of giving them. */
const TRANSLATED = new Set(["say.notReady 1", "say.ioTry 1"]);
/** Functions that take a list. */
const LISTS: Record<string, number> = { "say.news": 1, "say.unknown": 1, "ui.notes": 0 };

/** Which of its arguments stand in what a function says. */
function placeholders(name: string, value: unknown): string {
  if (typeof value !== "function") return typeof value;
  const marks = Array.from({ length: value.length }, (_, at) => `⟦${at}⟧`);
  const told = String(
    Reflect.apply(
      value,
      null,
      marks.map((mark, at) => (LISTS[name] === at ? [mark] : mark)),
    ),
  );
  return marks.filter((mark, at) => told.includes(mark) && !TRANSLATED.has(`${name} ${at}`)).join(" ");
}

test("both languages have the same messages, with the same placeholders", () => {
  const [en, ko] = [leaves(catalogues.en, ""), leaves(catalogues.ko, "")].map((all) =>
    all.map(([name, value]): Leaf => [name.slice(1), value]),
  );
  assert.deepEqual(
    ko!.map(([name]) => name),
    en!.map(([name]) => name),
  );
  for (const [index, [name, value]] of en!.entries()) {
    assert.equal(placeholders(name, ko![index]![1]), placeholders(name, value), name);
  }
});

test("the help lists the same keys in both", () => {
  const keys = (language: "en" | "ko") => catalogues[language].ui.keys.map(([key]) => key);
  assert.deepEqual(keys("ko"), keys("en"));
});

test("every Korean message is Korean", () => {
  const same = new Set(["ui.brand", "ui.findHint", "ui.doing.ready", "ui.of"]);
  for (const [name, value] of leaves(catalogues.ko, "").map(([name, value]): Leaf => [name.slice(1), value])) {
    if (typeof value !== "string" || same.has(name) || /^ui\.(keys|otherLanguage)|^say\.andFor/.test(name)) continue;
    assert.match(value, /[가-힣]/, name);
  }
});

test("what is wrong with a recording is said in the language that is spoken when it is asked", () => {
  speak("ko");
  for (const [name, value] of leaves(catalogues.ko.wrong, "wrong")) {
    const told = typeof value === "function" ? String(Reflect.apply(value, null, ["7", "x", "y"])) : String(value);
    assert.match(told, /[가-힣]/, name);
  }
  const [cut] = runs(bytesOf("queue.glt").subarray(0, -40));
  assert.match(cut!.cut!(), /^트레이스가 잘렸습니다: .+이 온전하지 않습니다 \(\d+번째 바이트\)$/);
  speak("en");
  assert.match(cut!.cut!(), /^the trace is cut: .+ is not complete \(at byte \d+\)$/);
});

test("what cannot have happened is said in both languages", () => {
  const timeline = new Timeline(runs(bytesOf("queue.glt"))[0]!);
  // Whoever leaves the run queue enters it once more instead.
  const find = (kind: string) => timeline.code.findIndex((_, index) => timeline.kind(index) === kind);
  const [enqueue, dequeue] = [find("Enqueue"), find("Dequeue")];
  const bytes = timeline.run.bytes.slice();
  bytes[timeline.at[dequeue]!]! += timeline.code[enqueue]! - timeline.code[dequeue]!;
  const player = new Player(new Timeline({ ...timeline.run, bytes }));
  player.goTo(timeline.count - 1);
  if (player.broken === null) return assert.fail("it should be broken");
  assert.match(player.broken.why(), /^event \d+ \(Enqueue\) is impossible: task 1 is queued$/);
  speak("ko");
  assert.match(player.broken.why(), /^이벤트 \d+\(Enqueue\)은 일어날 수 없습니다: 태스크 1은 이미 실행 큐에 있습니다$/);
  speak("en");
});

test("particles follow the sound of the word before them", () => {
  assert.deepEqual(["태스크 1", "태스크 2", "태스크 3", "태스크 10"].map(i), [
    "태스크 1이",
    "태스크 2가",
    "태스크 3이",
    "태스크 10이",
  ]);
  assert.deepEqual([eul('태스크 4 "main"'), eul('태스크 4 "worker"')], ['태스크 4 "main"을', '태스크 4 "worker"를']);
  assert.deepEqual([eul("타이머 7(50 ms)"), eun("타이머 2(50 ms)")], ["타이머 7(50 ms)을", "타이머 2(50 ms)는"]);
  assert.deepEqual(["슬롯 1", "슬롯 3", "슬롯 4", "만료 목록", "길"].map(ro), [
    "슬롯 1로",
    "슬롯 3으로",
    "슬롯 4로",
    "만료 목록으로",
    "길로",
  ]);
  assert.deepEqual(["lock", "queue", "get", "fetch", "jobs", "join", "table"].map(endOf), [
    "consonant",
    "vowel",
    "consonant",
    "vowel",
    "vowel",
    "consonant",
    "ㄹ",
  ]);
  assert.equal(endOf(""), "vowel");
});

test("a whole run is told in Korean, and in Korean order", () => {
  speak("ko");
  for (const name of ["queue.glt", "echo.glt", "gather_fails.glt", "cascade.glt", "rate_limiter.glt"]) {
    for (const run of runs(bytesOf(name))) {
      const timeline = new Timeline(run);
      new Player(timeline).visit(0, timeline.count - 1, (record, before) => {
        const told = say.asSentence(sentence(timeline, record, before));
        if (record.entry.kind === "Report") return;
        assert.match(told, /[가-힣]/, `${name}: ${told}`);
        const ours = told.replace(/"[^"]*"/g, "").replace(/\([^)]*\)/g, "");
        assert.doesNotMatch(ours, /\b(task|timer|source|of|is|the|by|at|after|for|and)\b/, `${name}: ${told}`);
      });
    }
  }
  assert.equal(ui.tasks, "태스크");
  speak("en");
  assert.equal(ui.tasks, "Tasks");
});

test("languages are known by their tags", () => {
  assert.deepEqual(["ko", "ko-KR", "KO", "en-GB", "de", ""].map(languageOf), ["ko", "ko", "ko", "en", null, null]);
});
