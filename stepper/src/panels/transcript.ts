// The events around this one, as sentences.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { say, ui } from "../messages.ts";
import { sentence } from "../narrate.ts";
import { moment, thousands } from "../words.ts";
import { empty, panel, panelWith, tool } from "./parts.ts";

const BEFORE = 8;
const AFTER = 2;

/** What can be taken from here. */
export interface Telling {
  fullText(): void;
  copyTest(): void;
}

export function transcriptPanel(frame: Frame, act: Telling): VNode {
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
        h("span", { class: "says" }, say.asSentence(sentence(timeline, record, before))),
      ),
    );
  });
  if (rows.length === 0) return panel("transcript", ui.transcript, null, empty(ui.noEvents));
  const tools = [
    tool(ui.copyTest, "r", () => act.copyTest(), null, ui.copyTestHint),
    tool(ui.fullText, "T", () => act.fullText()),
  ];
  return panelWith(tools, "transcript", ui.transcript, null, h("ol", { class: "transcript" }, ...rows));
}

/** The last of them is in sight. */
export function showLatest(): void {
  const body = document.querySelector("#transcript .body");
  if (body !== null) body.scrollTop = body.scrollHeight;
}
