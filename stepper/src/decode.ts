// The compact format, `.glt`: `src/trace/glt.rs` says what stands where.

import { Cursor, type Problem, TraceError, text } from "./bytes.ts";
import { wrong } from "./messages.ts";
import { type Entry, type Kind, NOBODY, type Place, schemaOf } from "./schema.ts";
import { Whos } from "./whos.ts";

export interface Header {
  program: string | null;
  args: string[];
  clock: "real" | "virtual";
  /** Of a flight recorder: how many events it keeps. */
  ring: number | null;
  os: string | null;
}

/** The recording of one loop. Of its blocks only the lengths have been looked at. */
export interface Run {
  header: Header;
  kinds: ReadonlyArray<Kind | undefined>;
  bytes: Uint8Array;
  blocks: Block[];
  whos: Whos;
  /** What is wrong after the last of these blocks, if anything is. */
  cut: Problem | null;
}

/** Some thousand events, readable by themselves: they begin with the state there. */
export interface Block {
  start: number;
  end: number;
  firstSeq: number;
}

const BLOCK = 0x42;
const INDEX = 0x49;
const TIMED = 0x80;

/** The runs in a recording. One that is cut gives what is whole. */
export function runs(bytes: Uint8Array): Run[] {
  const cursor = new Cursor(bytes, 0, bytes.length);
  const found: Run[] = [];
  while (cursor.at < bytes.length || found.length === 0) {
    let run: Run;
    try {
      run = beginning(cursor);
    } catch (error) {
      const last = found.at(-1);
      if (last === undefined || !(error instanceof TraceError)) throw error;
      last.cut ??= error.says;
      break;
    }
    found.push(run);
    run.cut = findBlocks(cursor, run);
    if (run.cut !== null) break;
  }
  return found;
}

function beginning(cursor: Cursor): Run {
  const start = cursor.at;
  if (cursor.end - start < 4 || text(cursor.take(4, "header")) !== "GLT1") {
    cursor.at = start;
    cursor.fail(() => wrong.noTrace);
  }
  const section = cursor.section("header");
  let header: unknown;
  try {
    header = JSON.parse(text(section.bytes.subarray(section.at, section.end)) ?? "");
  } catch {
    cursor.fail(() => wrong.badHeader);
  }
  const value: Record<string, unknown> = typeof header === "object" && header !== null ? { ...header } : {};
  if (value["format"] !== "glassloop-trace") throw new TraceError(() => wrong.otherHeader);
  if (value["version"] !== 1) throw new TraceError(() => wrong.version(String(value["version"])));
  const kinds = schemaOf(value["schema"]);
  return { header: understood(value), kinds, bytes: cursor.bytes, blocks: [], whos: new Whos(), cut: null };
}

function understood(value: Record<string, unknown>): Header {
  const string = (name: string) => (typeof value[name] === "string" ? value[name] : null);
  return {
    program: string("program"),
    args: Array.isArray(value["args"]) ? value["args"].map(String) : [],
    clock: value["clock"] === "virtual" ? "virtual" : "real",
    ring: typeof value["ring"] === "number" ? value["ring"] : null,
    os: string("os"),
  };
}

/** Finds the blocks of a run, to its index. Says what is wrong, if anything is. */
function findBlocks(cursor: Cursor, run: Run): Problem | null {
  try {
    for (;;) {
      const tag = cursor.byte("run");
      if (tag !== BLOCK && tag !== INDEX) cursor.fail(() => wrong.section(tag));
      const section = cursor.section(tag === BLOCK ? "block" : "index");
      if (tag === INDEX) return null;
      const { at: start, end } = section;
      const firstSeq = section.varint();
      if (firstSeq === 0) section.fail(() => wrong.noFirst);
      run.blocks.push({ start, end, firstSeq });
    }
  } catch (error) {
    if (error instanceof TraceError) return error.says;
    throw error;
  }
}

/** The fields of an event as bare numbers, by index: of a text which string, of a word which word. */
export type Slots = number[];

/** What is needed to read the records of a block. */
export class BlockReader {
  readonly cursor: Cursor;
  readonly strings: string[] = [];
  /** The time of the record that was read last. */
  t: number;
  /** How many records lead to the state before the first event. */
  readonly states: number;

  constructor(
    private readonly run: Run,
    block: Block,
  ) {
    this.cursor = new Cursor(run.bytes, block.start, block.end);
    this.cursor.varint();
    this.t = this.cursor.varint();
    for (let count = this.cursor.varint(); count > 0; count -= 1) {
      const string = text(this.cursor.take(this.cursor.varint(), "text"));
      this.strings.push(string ?? this.cursor.fail(() => wrong.noUtf8));
    }
    this.states = this.cursor.varint();
  }

  /** After the states: how many events there are. */
  events(): number {
    return this.cursor.varint();
  }

  /** Reads the next record; its fields go to `slots`. */
  next(slots: Slots): Kind {
    const start = this.cursor.at;
    const code = this.cursor.byte("event");
    if (code & TIMED) this.t += this.cursor.varint();
    const kind = this.run.kinds[code & ~TIMED];
    if (kind === undefined) {
      this.cursor.at = start;
      this.cursor.fail(() => wrong.kind(code & ~TIMED));
    }
    for (let index = 0; index < kind.fields.length; index += 1) slots[index] = this.field(kind, index);
    return kind;
  }

  private field(kind: Kind, index: number): number {
    const field = kind.fields[index]!;
    if (field.type === "who") return this.who();
    const value = this.cursor.varint();
    switch (field.type) {
      case "maybe":
        return value - 1;
      case "flag":
        return value <= 1 ? value : this.impossible(field.name);
      case "text":
        return value < this.strings.length ? value : this.impossible(field.name);
      case "maybe_text":
        return value <= this.strings.length ? value - 1 : this.impossible(field.name);
      case "place":
        return value < 386 ? value : this.impossible(field.name);
      case "word":
        return value < field.words.length ? value : this.impossible(field.name);
      default:
        return value;
    }
  }

  private who(): number {
    const number = this.cursor.varint();
    if (number === 0) return NOBODY;
    // No shift: that would cut it to 32 bits.
    if (number % 2 === 0) return this.run.whos.whole(number / 2);
    return this.run.whos.childOf((number - 1) / 2, this.cursor.varint());
  }

  private impossible(name: string): never {
    return this.cursor.fail(() => wrong.field(name));
  }

  /** The record as an object. A kind that is not known here has only a name. */
  entry(kind: Kind, slots: Slots): Entry {
    const entry: Record<string, unknown> = { kind: kind.name };
    kind.fields.forEach((field, index) => (entry[field.name] = this.value(field.type, field.words, slots[index]!)));
    // The schema was checked when the recording was opened: a known kind has the fields of its type here.
    return entry as unknown as Entry;
  }

  private value(type: string, words: readonly string[], slot: number): unknown {
    switch (type) {
      case "maybe":
        return slot < 0 ? null : slot;
      case "flag":
        return slot === 1;
      case "text":
        return this.strings[slot];
      case "maybe_text":
        return slot < 0 ? null : this.strings[slot];
      case "place":
        return placeOf(slot);
      case "word":
        return words[slot];
      default:
        return slot;
    }
  }
}

function placeOf(slot: number): Place {
  if (slot < 2) return slot === 0 ? "due" : "far";
  return `L${Math.floor((slot - 2) / 64)}/${(slot - 2) % 64}`;
}
