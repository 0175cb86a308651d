// Bytes, read front to back. Whatever they are: values or a TraceError, never a crash and never a loop without end.

import { type Wrong, wrong } from "./messages.ts";

/** What is wrong, in the language that is spoken when it is asked. */
export type Problem = () => string;

/** What is wrong with a trace, in words for whoever opened it. */
export class TraceError extends Error {
  constructor(readonly says: Problem) {
    super(says());
  }
}

/** What is being read. */
export type Part = keyof Wrong["parts"];

export class Cursor {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    readonly end: number,
  ) {}

  fail(problem: Problem): never {
    const { at } = this;
    throw new TraceError(() => wrong.atByte(problem(), at));
  }

  /** Steps over so many bytes, and gives them. */
  take(count: number, what: Part): Uint8Array {
    if (count > this.end - this.at) this.fail(() => wrong.cut(wrong.parts[what]));
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  byte(what: Part): number {
    const byte = this.bytes[this.at];
    if (this.at >= this.end || byte === undefined) this.fail(() => wrong.cut(wrong.parts[what]));
    this.at += 1;
    return byte;
  }

  /**
   * A LEB128 number of at most 64 bits. Above 2^53 it is the nearest double: only ends of time are that large, and
   * they are told by their size.
   */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 10; index += 1) {
      const byte = this.byte("event");
      if (index === 9 && byte > 1) break;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return this.fail(() => wrong.longNumber);
  }

  /** What is in something that begins with its length in four bytes. */
  section(what: Part): Cursor {
    const [a = 0, b = 0, c = 0, d = 0] = this.take(4, what);
    const length = a + b * 0x100 + c * 0x10000 + d * 0x1000000;
    const start = this.at;
    this.take(length, what);
    return new Cursor(this.bytes, start, start + length);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Bytes as text, or `null` if they are none. */
export function text(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** The bytes that a text in base64 stands for. */
export function fromBase64(encoded: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(encoded.trim());
  } catch {
    throw new TraceError(() => wrong.noBase64);
  }
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
