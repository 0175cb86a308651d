// All text of the page. Another language is another file of this shape.
//
// The sentences of `say` are those of `glass tell`: a test compares the two, event by event.

import { thousands } from "./words.ts";

function count(number: number, one: string): string {
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

/** As Rust prints a text: what cannot be seen is escaped. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, (_, hex: string) => `\\u{${hex.replace(/^0/, "")}}`);
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
  // Names.
  task: (id: string, name: string | null) => `task ${id}${name === null ? "" : ` ${quoted(name)}`}`,
  gather: (id: string, name: string | null) => `gather ${id}${name === null ? "" : ` ${quoted(name)}`}`,
  child: (child: number, gather: number, name: string | null) =>
    `child ${child} of gather ${gather}${name === null ? "" : ` ${quoted(name)}`}`,
  nobody: "somebody unknown",
  theLoop: "the loop",
  timer: (id: number, length: string | null) => `timer ${id}${length === null ? "" : ` (${length})`}`,
  source: (id: number, label: string | null) => `source ${id}${label === null ? "" : ` (${label})`}`,
  threadPool: "the thread pool",
  named: (label: string, name: string) => `${label} ${quoted(name)}`,
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
  ran: (who: string, why: string) => `${who} ran because ${why}`,
  isQueued: (who: string, why: string) => `${who} is queued because ${why}`,
  wasDropped: (who: string, why: string) => `${who} was dropped because ${why}`,
};

export type Say = typeof say;
export { count, ordinal };

/** Labels, help and hints. */
export const ui = {
  brand: "glassloop",
  title: (program: string) => `${program} · glassloop stepper`,
  aProgram: "a recorded run",
  virtual: "virtual time",
  real: "real time",
  runOf: (run: number, runs: number) => `loop ${run} of ${runs}`,
  chooseRun: "Which loop",
  skip: "Skip to what happened",
  // The bar.
  controls: "Go through the run",
  first: "First event",
  backTurn: "Back one turn",
  backPoll: "Back one poll",
  back: "Back one event",
  play: "Play",
  pause: "Pause",
  forward: "Forward one event",
  forwardPoll: "Forward one poll",
  forwardTurn: "Forward one turn",
  last: "Last event",
  poll: "poll",
  turn: "turn",
  speed: "Speed",
  speeds: ["½ a second", "1 a second", "2 a second", "5 a second", "20 a second", "as fast as it can"],
  position: (seq: number, last: number) => `event ${thousands(seq)} of ${thousands(last)}`,
  turnNumber: (turn: number) => (turn === 0 ? "before the first turn" : `turn ${thousands(turn)}`),
  event: "event",
  of: (last: number) => `of ${thousands(last)}`,
  slider: "Event",
  map: "The whole run: how many tasks were ready, and what stands out",
  find: "Find",
  findHint: "worker, kind:wake, via:timer",
  findNext: "Next match",
  findBefore: "Match before",
  found: (seq: number) => `Found at event ${thousands(seq)}.`,
  notFound: (what: string) => `Nothing matches ${quoted(what)} from here on.`,
  onlyMatches: "step through matches only",
  levelHint: "Beginner hides the timer wheel, the sources and who waits for whom",
  levelIs: (level: "beginner" | "full") => (level === "full" ? "Level: full" : "Level: beginner"),
  predict: "Predict",
  predictHint: "Stop after each poll and ask who is polled next",
  help: "Help",
  transcript: "What happened",
  // Panels.
  source: "Source",
  sourceMissing: (file: string) => `The text of ${file} was not found where the program ran.`,
  sourceNone: "No place in the source is known at this moment.",
  waitsHere: (who: string) => `${who} waits here`,
  why: "Why",
  whyNobody: "Nobody has run yet.",
  whyGo: (seq: number) => `Go to event ${thousands(seq)}`,
  because: "because",
  ranAt: { ran: "ran", isQueued: "is queued", wasDropped: "was dropped" },
  queue: "Run queue",
  now: "Now",
  queueEmpty: "Nobody is ready.",
  queueHidden: "Hidden while you guess.",
  more: (count: number) => `and ${thousands(count)} more`,
  ended: "ended",
  pollNumber: (number: number) => `poll ${thousands(number)}`,
  loopBetween: "the loop",
  loopBetweenNote: "between polls",
  loopParked: "parked",
  loopParkedNote: (limit: string | null) => (limit === null ? "until something comes" : `at most ${limit}`),
  loopLooks: "asks the system",
  loopLooksNote: "and does not wait",
  loopOver: "the run has ended",
  loopStart: "has not begun",
  wheel: "Timer wheel",
  wheelEmpty: "No timer is armed.",
  wheelNever: "No timer is armed in this run.",
  wheelLevel: (level: number, slot: string) => `L${level} · a slot is ${slot}`,
  wheelAside: (timers: number) => `${timers} · shaded: where the clock is`,
  due: "due",
  far: "beyond the wheel",
  dueIn: (length: string) => `in ${length}`,
  dueNow: "due",
  never: "never",
  sources: "Sources",
  sourcesEmpty: "No source is registered.",
  sourcesNever: "No socket or other source in this run.",
  canReadShort: "readable",
  canWriteShort: "writable",
  closed: "closed",
  tasks: "Tasks",
  tasksEmpty: "No task is alive.",
  columns: { task: "task", state: "state", waits: "waits for", polls: "polls" },
  doing: {
    polling: "polling",
    queued: "queued",
    waiting: "waiting",
    idle: "idle",
    woken: "woken",
    turn: "its turn",
    new: "new",
    ready: "ready",
  },
  queuedPlace: (place: number) => (place === 0 ? "next" : `${place} before it`),
  holds: (what: string) => `holds ${what}`,
  cancelAsked: "asked to end",
  forLength: (length: string) => `for ${length}`,
  unknownWaker: "something unknown: somebody else may hold its waker",
  neverPolled: "never polled",
  resources: "Queues and locks",
  resourcesEmpty: "None at this moment.",
  resourcesNever: "No queue, lock or other resource in this run.",
  fill: (len: number, cap: number | null) => (cap === null ? `${len} in it` : `${len} of ${cap}`),
  unfinished: (count: number) => `${count} not done with`,
  heldBy: "held by",
  isFree: "free",
  isHeld: "held",
  woken: "woken",
  waitFor: "Who waits for whom",
  waitForEmpty: "Nobody waits for anybody.",
  cycle: "a cycle: none of them can go on",
  endOfTask: "its end",
  lanes: "Lanes",
  lanesHint: "One row for each task, one column for each event. Arrows are wakes.",
  lanesLabel: (from: number, to: number) => `What each task did from event ${thousands(from)} to ${thousands(to)}`,
  legend: { polling: "polled", queued: "queued", waiting: "waits" },
  // Predict.
  question: "Who is polled next?",
  questionKeys: "Click one, or press its number.",
  right: (why: string) => `Right, because ${why}.`,
  wrong: (who: string, why: string) => `No: it is ${who}, because ${why}.`,
  wasFirst: "it was first in the run queue",
  wasEmpty: (why: string) => `the run queue was empty, so the loop looked further: ${why}`,
  score: (right: number, asked: number) => `${right} of ${asked} right`,
  goOn: "Go on",
  // What is said when something is not as it should be.
  part: (first: number, last: number) =>
    `This is the last part of a larger recording: events ${thousands(first)} to ${thousands(last)}. What was before is not known.`,
  broken: (why: string) => `The recording contradicts itself here, and goes no further: ${why}.`,
  cut: (why: string) => `What is whole of this recording is shown. ${why.charAt(0).toUpperCase()}${why.slice(1)}.`,
  unreadable: "This recording cannot be shown",
  noEvents: "there is no event in it",
  open: "Open a recording",
  openHint: "Choose a .glt file, or drop it here. It stays on this computer.",
  noData: "This page has no recording in it.",
  noScript: "This page needs JavaScript: it draws the recorded run.",
  // Help.
  helpTitle: "Keys",
  close: "Close",
  letters: "Keys that are a single letter, digit or sign do something",
  keys: [
    ["→ ←", "one event forward, back"],
    ["Shift → ←", "one poll"],
    ["Ctrl → ←", "one turn"],
    [". ,", "next, former event of the same kind"],
    ["Home End", "first, last event"],
    ["Space", "play, pause"],
    ["1 – 6", "speed"],
    ["g", "go to an event by its number"],
    ["/", "find"],
    ["n N", "next match, match before"],
    ["[ ]", "former, next event of the chosen task"],
    ["w", "go to what woke the chosen task"],
    ["Esc", "choose no task; close"],
    ["l", "beginner or full level"],
    ["p", "predict mode"],
    ["?", "this help"],
  ] as ReadonlyArray<readonly [string, string]>,
  helpText:
    "Every step here is one that the program really took. Click a task, anywhere, to follow it: Why then tells " +
    "what made it run, back to the beginning. The address says where you are, so a link leads others to the same event.",
  goTo: "Go to event",
};
