// Durations and numbers as people read them: the same as `glass` prints.

/** `850 ns`, `12.3 µs`, `1.5 ms`, `2 s`, `5 min 3 s`, `2 h 5 min`. */
export function duration(nanos: number): string {
  const second = 1e9;
  if (nanos === 0) return "0 s";
  if (nanos < 1_000) return `${nanos} ns`;
  if (nanos < 1_000_000) return `${threeDigits(nanos / 1_000)} µs`;
  if (nanos < second) return `${threeDigits(nanos / 1_000_000)} ms`;
  if (nanos < 60 * second) return `${threeDigits(nanos / second)} s`;
  const seconds = Math.floor(nanos / second);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return two(days, "d", hours, "h");
  if (hours > 0) return two(hours, "h", minutes, "min");
  return two(minutes, "min", seconds % 60, "s");
}

function threeDigits(value: number): string {
  return trimmed(value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2));
}

function two(first: number, name: string, second: number, of: string): string {
  return second === 0 ? `${first} ${name}` : `${first} ${name} ${second} ${of}`;
}

/** Without the zeros at the end of its decimals. */
function trimmed(number: string): string {
  return number.includes(".") ? number.replace(/\.?0+$/, "") : number;
}

/** A moment of a run, to the microsecond. */
export function moment(nanos: number): string {
  const ms = Math.floor(nanos / 1e6);
  const us = Math.floor((nanos % 1e6) / 1e3);
  const three = (number: number) => String(number).padStart(3, "0");
  if (ms < 10_000) return us === 0 ? `${ms} ms` : `${ms}.${three(us)} ms`;
  return `${trimmed(`${Math.floor(ms / 1_000)}.${three(ms % 1_000)}${three(us)}`)} s`;
}

export function thousands(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The last part of a place in the source: `queue.rs:12` out of `examples/queue.rs:12`. */
export function shortLoc(loc: string): string {
  return loc.slice(Math.max(loc.lastIndexOf("/"), loc.lastIndexOf("\\")) + 1);
}

/** `examples/queue.rs:12` as a file and a line. */
export function splitLoc(loc: string): { file: string; line: number } {
  const colon = loc.lastIndexOf(":");
  return { file: loc.slice(0, colon), line: Number(loc.slice(colon + 1)) || 0 };
}

/** As Rust prints a text: what cannot be seen is escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, (_, hex: string) => `\\u{${hex.replace(/^0/, "")}}`);
}
