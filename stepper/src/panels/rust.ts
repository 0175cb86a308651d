// Colours for Rust, roughly: comments, texts, keywords, numbers.

import { type Child, h } from "../dom.ts";

const KEYWORDS =
  "as async await break const continue crate dyn else enum fn for if impl in let loop match mod move mut pub ref " +
  "return self Self static struct super trait type use where while true false";
/** In the order of `CLASSES`. */
const TOKENS = [
  String.raw`(\/\/.*)`,
  String.raw`("(?:\\.|[^"\\])*"?)`,
  String.raw`\b(${KEYWORDS.replaceAll(" ", "|")})\b`,
  String.raw`\b(\d[\d_.a-z]*)\b`,
];
const TOKEN = new RegExp(TOKENS.join("|"), "g");
const CLASSES = ["comment", "text", "keyword", "number"];

/** Lines, with spans for what is coloured. A text that goes over several lines is coloured as if each line were one of its own. */
export function highlighted(text: string): Child[][] {
  return text.split("\n").map((line) => {
    const spans: Child[] = [];
    let at = 0;
    for (const match of line.matchAll(TOKEN)) {
      if (match.index > at) spans.push(line.slice(at, match.index));
      const which = match.slice(1).findIndex((group) => group !== undefined);
      spans.push(h("span", { class: CLASSES[which] }, match[0]));
      at = match.index + match[0].length;
    }
    if (at < line.length) spans.push(line.slice(at));
    return spans;
  });
}
