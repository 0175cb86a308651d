// What happens in a run, in English. Another language is another file of this shape.
//
// The sentences are those of `glass tell`: a test compares the two, event by event.

import { quoted, thousands } from "./words.ts";

export function count(number: number, one: string): string {
  return `${thousands(number)} ${one}${number === 1 ? "" : "s"}`;
}

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];

function ordinal(number: number): string {
  const word = ORDINALS[number - 1];
  if (word !== undefined) return word;
  const teens = Math.floor((number % 100) / 10) === 1;
  const ending = teens ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${thousands(number)}${ending}`;
}

const wasOver = (after: string) => (after === "" ? "" : `,${after}`);

const TRIED: Record<string, string> = {
  done: "done",
  would_block: "it would block",
  eof: "the peer has ended",
  error: "an error",
};

const ENDINGS: Record<string, string> = {
  done: "its root is done",
  panicked: "its root panicked",
  deadlock: "every task waits, and nothing can wake one",
  interrupted: "by Ctrl-C",
  error: "the system refused something",
};

export const say = {
  /** As it stands on the page: with a capital and a full stop. */
  asSentence: (text: string) => {
    const told = text.trimEnd();
    return told.charAt(0).toUpperCase() + told.slice(1) + (/[.!?]$/.test(told) ? "" : ".");
  },

  // Names.
  task: (id: string, name: string | null) => `task ${id}${name === null ? "" : ` ${quoted(name)}`}`,
  gather: (id: string, name: string | null) => `gather ${id}${name === null ? "" : ` ${quoted(name)}`}`,
  child: (child: number, gather: number, name: string | null) =>
    `child ${child} of gather ${gather}${name === null ? "" : ` ${quoted(name)}`}`,
  nobody: "somebody unknown",
  theLoop: "the loop",
  timer: (id: number, length: string | null) => `timer ${id}${length === null ? "" : ` (${length})`}`,
  source: (id: number, label: string | null) => `source ${id}${label === null ? "" : ` (${label})`}`,
  /** Of a queue, a lock and the like; `label` says what it is. */
  resource: (label: string, name: string | null, id: number) => {
    if (label === "threads" && name === null) return "the thread pool";
    const what = label.charAt(0).toUpperCase() + label.slice(1);
    return name === null ? `${what} ${id}` : `${what} ${quoted(name)}`;
  },
  place: {
    due: "the due list",
    far: "beyond the wheel",
    slot: (level: string, slot: string) => `level ${level}, slot ${slot}`,
  },
  after: (length: string) => ` after ${length}`,
  waitOf: (op: string, what: string) => `${op} of ${what}`,
  endOf: (who: string) => `the end of ${who}`,
  waitAt: (what: string, loc: string) => `${what} at ${loc}`,
  andFor: " and for ",

  // Of the loop.
  runBegin: "the loop begins to run",
  loopEnd: "the loop is gone",
  runEnd: (reason: string) => `the run ends: ${ENDINGS[reason] ?? reason}`,
  turn: (ready: number, tasks: number, timers: number, sources: number) =>
    `a turn begins: ${ready} ready of ${count(tasks, "task")}, ${count(timers, "timer")}, ${count(sources, "source")}`,
  dropped: (missing: number) => `${count(missing, "event")} missing here`,
  mark: (who: string, text: string) => `${who} remarks: ${text}`,
  out: (who: string, text: string) => `${who} prints ${quoted(text)}`,
  outBytes: (who: string, len: number) => `${who} prints ${count(len, "byte")}`,
  spanBegin: (who: string, name: string) => `${who} begins ${quoted(name)}`,
  spanEnd: (name: string, after: string) => `${quoted(name)} ends${after}`,
  spanEndUnknown: "something ends that began before the recording",
  report: (what: string, text: string) => (text.startsWith(what) ? text : `${what}: ${text}`),

  // Of tasks.
  spawn: (what: string, by: string | null, loc: string, size: number) =>
    `${what} is created${by === null ? "" : ` by ${by}`} at ${loc} (${count(size, "byte")})`,
  gatherOf: (gather: string, children: number) => `${gather} of ${count(children, "future")}`,
  rename: (who: string, name: string) => `${who} is now called ${quoted(name)}`,
  childStart: (who: string) => `${who} is about to start`,
  enqueue: (who: string, place: number) => `${who} joins the run queue, ${ordinal(place)} in it`,
  dequeue: (who: string, after: string) => `the turn of ${who}${after}`,
  dequeueEnded: "the turn of a task that has ended meanwhile",
  pollBegin: (who: string, poll: number) => `${who} is polled, for the ${ordinal(poll)} time`,
  ready: (who: string, after: string) => `${who} is ready${after}`,
  pendingQueued: (who: string, after: string) => `${who} is pending${after}, and in the run queue again`,
  pendingWaits: (who: string, after: string, waits: string) => `${who} is pending${after}: it waits for ${waits}`,
  pendingUnknown: (who: string, after: string) => `${who} is pending${after}: it waits for something unknown`,
  escape: (who: string) => `somebody unknown has got a waker of ${who}`,
  wakerClone: (who: string, live: number) => `a waker of ${who} is cloned by somebody unknown: ${live} such clones now`,
  wakerDrop: (who: string, live: number) => `a waker of ${who} is dropped by somebody unknown: ${live} left`,
  cancelAsk: (who: string) => `${who} is asked to end`,
  cancelDeliver: (who: string) => `${who} is cancelled: its future is dropped`,
  finished: (who: string, after: string) => `${who} has ended${after}`,
  cancelled: (who: string, after: string) => `${who} has ended as cancelled${after}`,
  started: (who: string) => `${who} has started all its children`,
  waitsForEnd: (who: string, target: string, loc: string) => `${who} waits for the end of ${target} at ${loc}`,
  waitOver: (who: string, what: string, after: string) => `the wait of ${who} for ${what} is over${wasOver(after)}`,
  waitGivenUp: (who: string, what: string, after: string) => `${who} no longer waits for ${what}${after}`,
  nobodyWaits: (what: string, after: string) => `nobody waits for ${what} any more${after}`,
  waitReplaced: (who: string, what: string) => `somebody else waits for ${what} now, in place of ${who}`,
  goneTask: "a task that is gone",
  someTask: "a task",
  wakesItself: (who: string) => `${who} wakes itself`,
  wakes: (by: string, who: string) => `${by} wakes ${who}`,
  wakesThrough: (by: string, who: string, what: string) => `${by} wakes ${who} through ${what}`,
  otherThread: "another thread",
  wokenToCancel: (who: string) => `${who} is woken to be cancelled`,
  queuedAlready: (woken: string) => `${woken}; it is in the run queue already`,
  nothingHappens: (woken: string) => `${woken}: nothing happens`,

  // Of timers, sources and the clock.
  forEver: "for ever",
  until: (moment: string) => `until ${moment}`,
  timerArm: (id: number, who: string, length: string, until: string, loc: string, place: string) =>
    `timer ${id} is armed for ${who}, for ${length} (${until}) at ${loc}; it goes to ${place}`,
  cascade: (timer: string, from: string, to: string) => `${timer} falls from ${from} to ${to}`,
  onTime: (timer: string) => `${timer} fired on time`,
  late: (timer: string, late: string) => `${timer} fired ${late} late`,
  disarmed: (timer: string) => `${timer} is disarmed`,
  disarmedEarly: (timer: string, left: string) => `${timer} is disarmed, ${left} before it was due`,
  timerWaker: (timer: string, who: string) => `${timer} will wake ${who} from now on`,
  clockJump: (length: string, to: string) => `nothing else can happen: the virtual clock jumps by ${length}, to ${to}`,
  sourceAdd: (id: number, label: string) => `source ${id} (${label}) is registered`,
  sourceDel: (source: string) => `${source} is deregistered`,
  news: (source: string, news: string[]) => `news of ${source}: ${news.join(", ")}`,
  canRead: "it can be read",
  canWrite: "it can be written",
  noMoreSent: "the peer will send no more",
  noMoreTaken: "the peer takes no more",
  notReady: (source: string, verb: string) => `${source} has nothing more to ${verb}`,
  waitsFor: (who: string, what: string, loc: string) => `${who} waits for ${what} at ${loc}`,
  ioTry: (who: string, verb: string, source: string, result: string) => `${who} tries to ${verb} ${source}: ${result}`,
  wentThrough: (bytes: number) => `${count(bytes, "byte")} went through`,
  tried: (result: string) => TRIED[result] ?? result,
  looks: "the loop looks whether a source is ready",
  parks: (limit: string) => `nothing is ready: the loop waits, at most ${limit}`,
  parksForEver: "nothing is ready: the loop waits, without limit",
  goesOn: (after: string, what: string) => `the loop goes on${after}: ${what}`,
  nothingCame: "nothing has come",
  threadNews: "another thread has news",
  sourceNews: (ready: number) => `news of ${count(ready, "source")}`,
  bothNews: (ready: number) => `news of ${count(ready, "source")} and of another thread`,

  // Of resources.
  resNew: (title: string, loc: string | null, cap: number | null) =>
    `${title} is made known to the loop${loc === null ? "" : `, made at ${loc}`}${cap === null ? "" : `, with room for ${cap}`}`,
  resName: (title: string, name: string) => `${title} is now called ${quoted(name)}`,
  gone: (title: string) => `${title} is gone`,
  toBeginWith: (title: string, now: string) => `${title} to begin with: ${now}`,
  resState: (op: string, title: string, who: string, now: string) => `${op} of ${title} by ${who}: ${now}`,
  wokenInVain: (who: string, what: string, loc: string) =>
    `${who} was woken in vain, and waits on for ${what} at ${loc}`,
  leavesLine: (who: string, what: string) => `${who} leaves the line for ${what}`,
  something: "something",
  held: "it is held",
  free: "it is free",
  permits: (free: number, held: number) => `${free} free, ${held} held`,
  set: "it is set",
  clear: "it is clear",
  cancelledToken: "it is cancelled",
  uncancelled: "it is not cancelled",
  hasOutcome: "it has its outcome",
  noOutcome: "it has no outcome yet",
  barrier: (come: number, missing: number) => `${come} have come, ${missing} are missing`,
  queueHas: (len: number, cap: number | null, unfinished: number) =>
    `${len}${cap === null ? "" : ` of ${cap}`} in it, ${unfinished} not done with`,
  has: (len: number, toCome: number) => `${len} in it, ${toCome} still to come`,
  /** Of a kind that came after this page was made. */
  unknown: (kind: string, fields: string[]) => `${kind}${fields.length === 0 ? "" : ` (${fields.join(", ")})`}`,

  // Why a task ran.
  root: "it is the root of the run",
  beforeRecording: "of something before the recording",
  wokeItself: "it had woken itself",
  threadWoke: "another thread woke it",
  loopWoke: "the loop woke it",
  spawned: (by: string | null, loc: string) => `it was created${by === null ? "" : ` by ${by}`} at ${loc}`,
  timerFired: (timer: string, late: string | null, loc: string, by: string | null) =>
    `${timer} fired${late === null ? "" : ` ${late} late`} (sleep at ${loc})${by === null ? "" : `, armed by ${by}`}`,
  sourceReady: (source: string, op: string, loc: string) => `${source} was ready (${op} at ${loc})`,
  resourceDone: (op: string, title: string, by: string | null, wanted: string, loc: string) =>
    `of ${op} of ${title} by ${by ?? "the loop"} (${wanted} at ${loc})`,
  somethingDone: "something done",
  hadEnded: (target: string, loc: string) => `${target} had ended (awaited at ${loc})`,
  wasWoken: (by: string | null) => `it was woken${by === null ? "" : ` by ${by}`}`,
  wasCancelled: (by: string | null) => `it was cancelled${by === null ? "" : ` by ${by}`}`,
  itself: "itself",
};
