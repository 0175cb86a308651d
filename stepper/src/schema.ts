// The kinds of events: as the recording describes them, and as this page understands them.
//
// A recording carries its own schema, so what was recorded by a later version can still be read: a kind that is not
// known here is stepped over, field by field, and told by its name.

import { TraceError } from "./bytes.ts";
import { wrong } from "./messages.ts";

/** A task, a gather as a whole, or a child of one: an index into `Whos`. */
export type Who = number;
export const NOBODY: Who = -1;

/** `due`, `far`, or a slot of the wheel: `L1/5`. */
export type Place = string;
export type Direction = "read" | "write";
export type WaitEnd = "woken" | "dropped" | "replaced";
export type Via = "self" | "task" | "timer" | "io" | "resource" | "join" | "thread" | "cancel" | "loop";
export type Effect = "enqueued" | "already_queued" | "stale";
export type Ending = "finished" | "cancelled" | "started";
export type RunEnding = "done" | "panicked" | "deadlock" | "interrupted" | "error";
export type Tried = "done" | "would_block" | "eof" | "error";

/** What happened. The fields of each kind are those of `src/trace/schema.rs`, under their names there. */
export type Entry =
  | { kind: "RunBegin" | "Turn" | "LoopEnd" }
  | { kind: "RunEnd"; reason: RunEnding }
  | { kind: "Dropped"; count: number }
  | { kind: "Mark"; text: string }
  | { kind: "Out"; text: string | null; len: number }
  | { kind: "SpanBegin"; span: number; task: Who; name: string }
  | { kind: "SpanEnd"; span: number }
  | { kind: "Report"; what: string; task: Who; text: string }
  | {
      kind: "Spawn";
      task: Who;
      parent: number | null;
      children: number | null;
      name: string | null;
      loc: string;
      size: number;
    }
  | { kind: "Rename"; task: Who; name: string }
  | { kind: "Wake"; task: Who; by: Who; via: Via; source: number | null; effect: Effect }
  | { kind: "PollEnd"; task: Who; ready: boolean }
  | { kind: "ChildStart" | "Enqueue" | "Dequeue" | "PollBegin" | "Escape" | "CancelAsk" | "CancelDeliver"; task: Who }
  | { kind: "WakerClone" | "WakerDrop"; task: Who; live: number }
  | { kind: "Done"; task: Who; ending: Ending }
  | { kind: "JoinWaitOn"; task: Who; target: number; loc: string }
  | { kind: "JoinWaitOff"; task: Who; target: number; why: WaitEnd }
  | { kind: "TimerArm"; timer: number; task: Who; deadline: number; place: Place; loc: string }
  | { kind: "TimerCascade"; timer: number; from: Place; to: Place }
  | { kind: "TimerFire"; timer: number; late: number }
  | { kind: "TimerCancel"; timer: number }
  | { kind: "TimerWaker"; timer: number; task: Who }
  | { kind: "ClockJump"; from: number; to: number }
  | { kind: "SourceAdd"; source: number; label: string }
  | { kind: "SourceDel"; source: number }
  | { kind: "Ready"; source: number; readable: boolean; writable: boolean; read_closed: boolean; write_closed: boolean }
  | { kind: "NotReady"; source: number; direction: Direction }
  | { kind: "SourceWaitOn"; source: number; direction: Direction; waiter: number; task: Who; op: string; loc: string }
  | { kind: "SourceWaitOff"; source: number; direction: Direction; waiter: number; why: WaitEnd }
  | { kind: "IoTry"; source: number; direction: Direction; result: Tried; bytes: number | null }
  | { kind: "Park"; timeout: number | null }
  | { kind: "Unpark"; ready: number; unparked: boolean; slept: number }
  | { kind: "ResNew"; resource: number; label: string; name: string | null; loc: string | null; cap: number | null }
  | { kind: "ResDel"; resource: number }
  | { kind: "ResState"; resource: number; op: string; len: number; unfinished: number }
  | { kind: "ResWaitOn"; resource: number; waiter: number; task: Who; op: string; loc: string }
  | { kind: "ResWoken" | "ResWaitOff"; resource: number; waiter: number }
  | { kind: "ResName"; resource: number; name: string };

export type KindName = Entry["kind"];
export type Of<K extends KindName> = Extract<Entry, { kind: K }>;

export type FieldType = "number" | "maybe" | "flag" | "text" | "maybe_text" | "who" | "place" | "word";

export interface Field {
  name: string;
  type: FieldType;
  words: readonly string[];
}

/** A kind, as the recording describes it. */
export interface Kind {
  code: number;
  name: string;
  fields: readonly Field[];
  /** Whether this page knows what it means. */
  known: boolean;
}

/** The fields that this page relies on, by kind. */
const EXPECTED: Record<KindName, string> = {
  RunBegin: "",
  RunEnd: "reason:word",
  Turn: "",
  LoopEnd: "",
  Dropped: "count:number",
  Mark: "text:text",
  Out: "text:maybe_text len:number",
  SpanBegin: "span:number task:who name:text",
  SpanEnd: "span:number",
  Report: "what:word task:who text:text",
  Spawn: "task:who parent:maybe children:maybe name:maybe_text loc:text size:number",
  Rename: "task:who name:text",
  ChildStart: "task:who",
  Wake: "task:who by:who via:word source:maybe effect:word",
  Enqueue: "task:who",
  Dequeue: "task:who",
  PollBegin: "task:who",
  PollEnd: "task:who ready:flag",
  Escape: "task:who",
  WakerClone: "task:who live:number",
  WakerDrop: "task:who live:number",
  CancelAsk: "task:who",
  CancelDeliver: "task:who",
  Done: "task:who ending:word",
  JoinWaitOn: "task:who target:number loc:text",
  JoinWaitOff: "task:who target:number why:word",
  TimerArm: "timer:number task:who deadline:number place:place loc:text",
  TimerCascade: "timer:number from:place to:place",
  TimerFire: "timer:number late:number",
  TimerCancel: "timer:number",
  TimerWaker: "timer:number task:who",
  ClockJump: "from:number to:number",
  SourceAdd: "source:number label:text",
  SourceDel: "source:number",
  Ready: "source:number readable:flag writable:flag read_closed:flag write_closed:flag",
  NotReady: "source:number direction:word",
  SourceWaitOn: "source:number direction:word waiter:number task:who op:text loc:text",
  SourceWaitOff: "source:number direction:word waiter:number why:word",
  IoTry: "source:number direction:word result:word bytes:maybe",
  Park: "timeout:maybe",
  Unpark: "ready:number unparked:flag slept:number",
  ResNew: "resource:number label:text name:maybe_text loc:maybe_text cap:maybe",
  ResDel: "resource:number",
  ResState: "resource:number op:text len:number unfinished:number",
  ResWaitOn: "resource:number waiter:number task:who op:text loc:text",
  ResWoken: "resource:number waiter:number",
  ResWaitOff: "resource:number waiter:number",
  ResName: "resource:number name:text",
};

const TYPES: ReadonlySet<string> = new Set(["number", "maybe", "flag", "text", "maybe_text", "who", "place", "word"]);

/** Understands the schema of a header, `[[code, name, [[field, type, words?]...]]...]`: its kinds by code. */
export function schemaOf(value: unknown): ReadonlyArray<Kind | undefined> {
  if (!Array.isArray(value)) throw new TraceError(() => wrong.noSchema);
  const kinds: Array<Kind | undefined> = [];
  for (const item of value as unknown[]) {
    const kind = kindOf(item);
    kinds[kind.code] = kind;
  }
  return kinds;
}

function kindOf(item: unknown): Kind {
  const [code, name, list] = Array.isArray(item) ? (item as unknown[]) : [];
  if (typeof code !== "number" || code < 0 || code > 127 || typeof name !== "string" || !Array.isArray(list)) {
    throw new TraceError(() => wrong.badSchema);
  }
  const fields = (list as unknown[]).map((field) => fieldOf(name, field));
  const known = Object.hasOwn(EXPECTED, name);
  const there = new Set(fields.map((field) => `${field.name}:${field.type}`));
  for (const field of known ? EXPECTED[name as KindName].split(" ").filter(Boolean) : []) {
    if (!there.has(field)) throw new TraceError(() => wrong.otherSchema(name, field));
  }
  return { code, name, fields, known };
}

function fieldOf(kind: string, item: unknown): Field {
  const [name, type, words] = Array.isArray(item) ? (item as unknown[]) : [];
  if (typeof name !== "string" || typeof type !== "string" || !TYPES.has(type)) {
    throw new TraceError(() => wrong.badField(kind));
  }
  return { name, type: type as FieldType, words: Array.isArray(words) ? words.map(String) : [] };
}
