// The one sentence that says what has just happened; and, in predict mode, the question.

import { type Child, h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { ui } from "../messages.ts";
import { isNarrow } from "../narrow.ts";
import type { Question } from "../predict.ts";
import { NOBODY } from "../schema.ts";
import { sentenceOf } from "../told.ts";
import { moment } from "../words.ts";

export function narration(frame: Frame, goOn: () => void): VNode {
  const { player, timeline, index, view } = frame;
  const text = sentenceOf(player, index) ?? ui.noEvents;
  const kind = index < 0 ? "" : timeline.kind(index);
  const question = view.predict?.question ?? null;
  return h(
    "div",
    { key: "narration", class: `narration ${isBad(frame) ? "bad" : kind}`, id: "narration", tabindex: -1 },
    // Who steps wants to hear each; who lets it play does not.
    h(
      "div",
      { class: "told" },
      h(
        "p",
        { class: "sentence", "aria-live": view.playing ? "off" : "polite", "aria-atomic": "true" },
        ...headed(text),
      ),
      index === 0 && !timeline.isPart ? h("p", { class: "start" }, isNarrow ? ui.startNarrow : ui.start) : null,
      h("p", { class: "where" }, `${ui.turnNumber(timeline.turn(index))} · ${moment(frame.t)}`),
    ),
    view.notice === "" ? null : h("p", { class: "notice", role: "status" }, view.notice),
    ...warnings(frame).map((warning) => h("p", { class: "warning", role: "alert" }, warning)),
    question === null ? null : ask(frame, question, goOn),
  );
}

/** A report has several lines: the first says what it is. */
function headed(text: string): Child[] {
  const end = text.indexOf("\n");
  return end < 0 ? [text] : [h("b", {}, text.slice(0, end)), text.slice(end)];
}

function isBad({ entry }: Frame): boolean {
  return entry?.kind === "Report" || (entry?.kind === "RunEnd" && entry.reason !== "done");
}

function warnings({ player, timeline, index }: Frame): string[] {
  const found: string[] = [];
  if (timeline.isPart && index === 0) found.push(ui.part(timeline.before + 1, timeline.before + timeline.count));
  if (player.broken !== null && index >= player.last) found.push(ui.broken(player.broken.why()));
  if (timeline.problem !== null && (index === 0 || index >= timeline.count - 1)) found.push(ui.cut(timeline.problem()));
  return found;
}

function ask(frame: Frame, question: Question, goOn: () => void): VNode {
  const { view, names } = frame;
  const open = question.answered === NOBODY;
  const choices = question.choices.map((who, number) => {
    const mark = open ? "" : who === question.right ? " ✓" : who === question.answered ? " ✗" : "";
    const attributes = {
      type: "button",
      class: `choice${mark === " ✓" ? " right" : mark === " ✗" ? " wrong" : ""}`,
      disabled: !open,
      onclick: () => frame.act.answer(who),
    };
    return h("button", attributes, h("kbd", {}, String(number + 1)), ` ${names.task(who)}${mark}`);
  });
  const score =
    view.predict === null || view.predict.asked === 0 ? null : ui.score(view.predict.right, view.predict.asked);
  const told =
    question.answered === question.right ? ui.right(question.why) : ui.wrong(names.task(question.right), question.why);
  return h(
    "div",
    { class: "question", role: "group", "aria-label": ui.question },
    h(
      "div",
      { class: "choices" },
      h("strong", {}, ui.question),
      ...choices,
      open ? h("span", { class: "faint" }, ui.questionKeys) : null,
    ),
    open ? null : h("p", { class: "verdict", role: "status" }, told),
    h(
      "div",
      { class: "choices" },
      open ? null : h("button", { type: "button", class: "plain", onclick: goOn }, ui.goOn),
      score === null ? null : h("span", { class: "faint" }, score),
    ),
  );
}
