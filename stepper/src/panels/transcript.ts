// The events around this one, as sentences.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { kept } from "../kept.ts";
import { ui } from "../messages.ts";
import { told } from "../told.ts";
import { moment, thousands } from "../words.ts";
import { empty, panel, panelWith, tool } from "./parts.ts";

const BEFORE = 8;
const AFTER = 2;
/** Of a run that has hardly begun, so many. */
const FIRST = 5;

/** A report has several, and is told in full above. */
const firstLine = (text: string) => (text.includes("\n") ? `${text.slice(0, text.indexOf("\n"))} …` : text);

/** What can be taken from here. */
export interface Telling {
  fullText(): void;
  copyTest(): void;
}

export function transcriptPanel(frame: Frame, act: Telling): VNode {
  const { player, timeline, index } = frame;
  const last = frame.guessing ? index : Math.max(index + AFTER, FIRST);
  const rows = told(player, index - BEFORE, last).map(({ index: at, text }) => {
    const tense = at === index ? "current" : at > index ? "coming" : "past";
    return kept(`told ${at}`, [timeline, frame.act, tense, text], () => {
      const seq = timeline.seq(at);
      const go = { type: "button", class: "go", "aria-label": ui.whyGo(seq), onclick: () => frame.act.goTo(at) };
      return h(
        "li",
        { key: at, class: tense, "aria-current": tense === "current" ? "true" : null },
        h("button", go, thousands(seq)),
        h("span", { class: "t" }, moment(timeline.t[at]!)),
        h("span", { class: "says" }, firstLine(text)),
      );
    });
  });
  if (rows.length === 0) return panel("transcript", ui.transcript, null, empty(ui.noEvents));
  const tools = [
    tool(ui.copyTest, "r", () => act.copyTest(), null, ui.copyTestHint),
    tool(ui.fullText, "T", () => act.fullText()),
  ];
  return panelWith(tools, "transcript", ui.transcript, null, h("ol", { class: "transcript" }, ...rows));
}

/** What brings the last of them into sight; and above all the one that is told. */
export function scrollToLatest(): (() => void) | null {
  const body = document.querySelector("#transcript .body");
  const current = body?.querySelector<HTMLElement>(".current");
  if (!body || !current) return null;
  const top = Math.min(body.scrollHeight - body.clientHeight, current.offsetTop - MARGIN);
  return () => (body.scrollTop = top);
}

/** Of what is above it, so much is faded out. */
const MARGIN = 12;
