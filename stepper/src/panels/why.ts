// What made a task run: its chain of wakes.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { kept } from "../kept.ts";
import { ui } from "../messages.ts";
import { NOBODY } from "../schema.ts";
import { thousands } from "../words.ts";
import { chain } from "../why.ts";
import { chip, empty, panel, panelWith, tool } from "./parts.ts";

const SHOWN = 12;

export function whyPanel(frame: Frame): VNode {
  const who = frame.subject;
  const links = who === NOBODY ? [] : chain(frame.timeline, frame.names, who, frame.index, SHOWN + 1);
  if (links.length === 0) return panel("why", ui.why, null, empty(ui.whyNobody));
  const rows = links.slice(0, SHOWN).map((link) => {
    const [did, task] = [ui.whyDid(link.did, link.why), chip(frame, link.who)];
    return kept(`why ${link.index}`, [frame.timeline, frame.act, link.index === frame.index, did, task], () => {
      const seq = frame.timeline.seq(link.index);
      const go = {
        type: "button",
        class: "go",
        "aria-label": ui.whyGo(seq),
        onclick: () => frame.act.goTo(link.index),
      };
      return h(
        "li",
        { key: String(link.index), class: link.index === frame.index ? "current" : null },
        h("button", go, thousands(seq)),
        h("span", {}, task, ` ${did}`),
      );
    });
  });
  if (links.length > SHOWN) rows.push(h("li", { key: "more", class: "more" }, "…"));
  const play = tool(ui.playChain, "w", () => frame.act.playChain(), null, ui.playChainHint);
  return panelWith([play], "why", ui.why, frame.names.task(who), h("ol", { class: "why" }, ...rows));
}
