// The events around this one, as sentences.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { ui } from "../messages.en.ts";
import { sentence } from "../narrate.ts";
import { moment, thousands } from "../words.ts";
import { empty, panel } from "./parts.ts";

const BEFORE = 8;
const AFTER = 2;

/** A sentence as it stands on the page: with a capital and a full stop. */
export function asSentence(text: string): string {
  const first = text.trimEnd();
  return first.charAt(0).toUpperCase() + first.slice(1) + (/[.!?]$/.test(first) ? "" : ".");
}

export function transcriptPanel(frame: Frame): VNode {
  const { player, timeline, index } = frame;
  const rows: VNode[] = [];
  player.visit(index - BEFORE, index + (frame.guessing ? 0 : AFTER), (record, before) => {
    const tense = record.index === index ? "current" : record.index > index ? "coming" : "past";
    rows.push(
      h(
        "li",
        { key: String(record.index), class: tense, "aria-current": tense === "current" ? "true" : null },
        h(
          "button",
          {
            type: "button",
            class: "go",
            "aria-label": ui.whyGo(record.seq),
            onclick: () => frame.act.goTo(record.index),
          },
          thousands(record.seq),
        ),
        h("span", { class: "t" }, moment(record.t)),
        h("span", { class: "says" }, asSentence(sentence(timeline, record, before))),
      ),
    );
  });
  if (rows.length === 0) return panel("transcript", ui.transcript, null, empty(ui.noEvents));
  return panel("transcript", ui.transcript, null, h("ol", { class: "transcript" }, ...rows));
}

/** The last of them is in sight. */
export function showLatest(): void {
  const body = document.querySelector("#transcript .body");
  if (body !== null) body.scrollTop = body.scrollHeight;
}
