// Finding events: `task:7`, `kind:wake`, `via:timer` for fields, and words for anything that stands in an event.

import { type Entry, NOBODY } from "./schema.ts";
import { NONE, type Timeline } from "./timeline.ts";

interface Term {
  /** The field; `null` for any. */
  field: string | null;
  value: string;
}

/** A question to an event; all of its terms have to fit. */
export function parse(text: string): Term[] {
  return text
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      const colon = word.indexOf(":");
      // `queue.rs:12` is a place, not a field.
      const isField = colon > 0 && /^[a-z_]+$/.test(word.slice(0, colon));
      return isField ? { field: word.slice(0, colon), value: word.slice(colon + 1) } : { field: null, value: word };
    });
}

/** The next event that fits, in that direction; `NONE` if there is none. */
export function find(timeline: Timeline, text: string, from: number, step: 1 | -1): number {
  const terms = parse(text);
  if (terms.length === 0) return NONE;
  for (let index = from + step; index >= 0 && index < timeline.count; index += step) {
    if (terms.every((term) => fits(timeline, index, term))) return index;
  }
  return NONE;
}

function fits(timeline: Timeline, index: number, { field, value }: Term): boolean {
  const kind = timeline.kind(index).toLowerCase();
  if (field === "kind") return kind.includes(value);
  const who = timeline.who[index]!;
  const label = who === NOBODY ? null : timeline.run.whos.label(who);
  const name = who === NOBODY ? null : timeline.births.get(who)?.name?.toLowerCase();
  if (field === "task") return label === value || name === value;
  if (field === null && (kind.includes(value) || (name ?? "").includes(value))) return true;
  return inside(timeline.record(index).entry, field, value);
}

function inside(entry: Entry, field: string | null, value: string): boolean {
  return Object.entries(entry).some(([name, found]) => {
    if (name === "task" || name === "by" || name === "kind") return false;
    if (field !== null) return name === field && String(found).toLowerCase() === value;
    return typeof found === "string" && found.toLowerCase().includes(value);
  });
}
