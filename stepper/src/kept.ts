// Descriptions that outlive a step: as long as what they are made of stays the same, so do they, and `render` passes
// over them.

import type { VNode } from "./dom.ts";
import { type Language, language } from "./messages.ts";

interface Kept {
  language: Language;
  of: readonly unknown[];
  made: VNode;
}

/** So many are kept; then all are forgotten. */
const MOST = 4_000;
const known = new Map<string, Kept>();

/** What `make` describes; made anew only if something in `of` has changed. All that `make` looks at has to be in it. */
export function kept(name: string, of: readonly unknown[], make: () => VNode): VNode {
  const former = known.get(name);
  if (former !== undefined && former.language === language && isSame(former.of, of)) return former.made;
  if (known.size >= MOST) known.clear();
  const made = make();
  known.set(name, { language, of, made });
  return made;
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((part, at) => part === other[at]);
}
