// A test in Rust: that a program still takes the steps of this run, up to an event.

import { say } from "./messages.ts";
import { sentence } from "./narrate.ts";
import type { Player } from "./player.ts";
import type { Timeline } from "./timeline.ts";
import { splitLoc } from "./words.ts";

/** More steps than this are too many to stand in a test. */
const MOST = 2_000;

/** `null` if the run cannot be had again: on a real clock no two are the same. */
export function rustTest(player: Player, run: number): string | null {
  const { timeline, index } = player;
  const { program, clock } = timeline.run.header;
  if (clock !== "virtual" || program === null || !/^[\w-]+$/.test(program) || timeline.isPart) return null;
  const steps = Array.from({ length: Math.min(index + 1, MOST) }, (_, at) => step(timeline, at));
  const name = program.replaceAll("-", "_");
  const last = steps.length - 1;
  let told = "";
  player.visit(last, last, (record, before) => (told = say.asSentence(sentence(timeline, record, before))));
  const [firstLine = ""] = told.split("\n");
  return `//! What \`${program}\` does under a virtual clock, up to event ${timeline.seq(last)} of a recorded run:
//! ${firstLine.slice(0, 110)}
//!
//! To stand in \`tests/\` of the package with that program, which has glassloop as a dependency. A recording does not
//! keep the arguments that the program was given: add them, if there were any.

use std::process::Command;

/// When each event was, in nanoseconds, and its kind.
const STEPS: [(u64, &str); ${steps.length}] = [
${steps.map(({ t, kind }) => `    (${grouped(t)}, "${kind}"),`).join("\n")}
];

#[test]
fn ${name}_takes_the_same_steps() {
    let file = std::env::temp_dir().join(format!("${name}-steps-{}.glt", std::process::id()));
    let output = Command::new(env!("CARGO"))
        .args([${how(timeline, program)}])
        .env("GLASSLOOP_TRACE", &file)
        .output()
        .expect("cargo can be run");
    let trace = glassloop::trace::read(&file).unwrap_or_else(|error| panic!("{error}\\n{output:?}"));
    std::fs::remove_file(&file).expect("it was there");
    let records = trace.runs[${run}].records().map(|record| record.expect("the recording is whole"));
    // What has the number 0 describes the state at the beginning.
    let mut events = records.filter(|record| record.seq > 0);
    for (number, (t, kind)) in (1..).zip(STEPS) {
        let event = events.next().unwrap_or_else(|| panic!("the run ends before event {number}"));
        assert_eq!((event.t, event.entry.kind()), (t, kind), "event {number}");
    }
}
`;
}

function step(timeline: Timeline, index: number): { t: number; kind: string } {
  return { t: timeline.t[index] ?? 0, kind: timeline.kind(index) };
}

/** How cargo runs it. The examples have an option for the clock; other programs choose it themselves. */
function how(timeline: Timeline, program: string): string {
  const isExample = [...timeline.births.values()].some(
    ({ loc }) => splitLoc(loc).file.replaceAll("\\", "/") === `examples/${program}.rs`,
  );
  return isExample
    ? `"run", "--quiet", "--example", "${program}", "--", "--virtual-time"`
    : `"run", "--quiet", "--bin", "${program}"`;
}

/** As rustfmt and clippy like numbers. */
function grouped(number: number): string {
  return number < 10_000 ? String(number) : String(number).replace(/\B(?=(\d{3})+$)/g, "_");
}
