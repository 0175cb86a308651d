// The run queue, and who is being polled.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { ui } from "../messages.ts";
import { NOBODY } from "../schema.ts";
import { NONE } from "../timeline.ts";
import { duration, thousands } from "../words.ts";
import { chip, panel } from "./parts.ts";

const SHOWN = 24;

export function queuePanel(frame: Frame): VNode {
  const { state, guessing } = frame;
  const line = state.runQueue(SHOWN);
  const chips = line.map((who, place) => {
    const content = who === NOBODY ? h("span", { class: "chip gone" }, ui.ended) : chip(frame, who, `task-${who}`);
    const key = who === NOBODY ? `gone-${state.front.value + place}` : `task-${who}`;
    return h("li", { key, class: "ready" }, content);
  });
  const more = state.ready - line.length;
  if (more > 0) chips.push(h("li", { key: "more", class: "more" }, ui.more(more)));
  const queue = guessing
    ? h("p", { class: "empty veil" }, ui.queueHidden)
    : line.length === 0
      ? h("p", { class: "empty" }, ui.queueEmpty)
      : h("ol", { class: "line", "aria-label": ui.queue }, ...chips);
  return panel(
    "queue",
    ui.queue,
    guessing ? null : thousands(state.ready),
    h("div", { class: "stage" }, now(frame), h("div", { class: "arrow", "aria-hidden": "true" }, "◂"), queue),
  );
}

function now(frame: Frame): VNode {
  const who = frame.state.polling.value;
  if (who !== NOBODY) {
    const polls = frame.timeline.polls[frame.timeline.lastOf(who, frame.index)] ?? 0;
    return h(
      "div",
      { class: "now polling" },
      h("span", { class: "tag" }, ui.now),
      chip(frame, who, `task-${who}`),
      h("span", { class: "note" }, ui.pollNumber(polls)),
    );
  }
  const [what, note] = loopDoes(frame);
  return h(
    "div",
    { class: "now" },
    h("span", { class: "tag" }, ui.now),
    h("strong", {}, what),
    h("span", { class: "note" }, note),
  );
}

/** What the loop itself does while it polls nobody. */
function loopDoes({ timeline, index }: Frame): [string, string] {
  if (index === NONE) return [ui.loopBetween, ui.loopStart];
  const { entry } = timeline.record(index);
  if (entry.kind === "RunEnd" || entry.kind === "LoopEnd") return [ui.loopBetween, ui.loopOver];
  if (entry.kind !== "Park") return [ui.loopBetween, ui.loopBetweenNote];
  if (entry.timeout === 0) return [ui.loopLooks, ui.loopLooksNote];
  return [ui.loopParked, ui.loopParkedNote(entry.timeout === null ? null : duration(entry.timeout))];
}
