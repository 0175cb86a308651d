// The head of the page: whose run it is, where in it we are, and how to move.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { kept } from "../kept.ts";
import { ui } from "../messages.ts";

export interface Moves {
  first(): void;
  last(): void;
  event(step: 1 | -1): void;
  poll(step: 1 | -1): void;
  turn(step: 1 | -1): void;
  play(): void;
  speed(which: number): void;
  goToSeq(seq: number): void;
  find(step: 1 | -1): void;
  setFind(text: string): void;
  onlyMatches(on: boolean): void;
  level(): void;
  predict(): void;
  help(): void;
  chooseRun(run: number): void;
  toggle(what: "changes" | "tables"): void;
  otherLanguage(): void;
  unfold(on: boolean): void;
  compareWith(file: File): Promise<void>;
}

export function head(frame: Frame, moves: Moves, run: number, runs: string[]): VNode {
  const { view, timeline } = frame;
  const of = [moves, timeline, runs.length, view.unfolded, view.find, view.onlyMatches, view.level];
  return kept("head", of, () => headNow(frame, moves, run, runs));
}

function headNow(frame: Frame, moves: Moves, run: number, runs: string[]): VNode {
  const { header } = frame.timeline.run;
  const { view } = frame;
  const program = header.program ?? ui.aProgram;
  const chooser = h(
    "select",
    {
      "aria-label": ui.chooseRun,
      onchange: (event) => moves.chooseRun(Number((event.target as HTMLSelectElement).value)),
    },
    ...runs.map((name, number) => h("option", { value: String(number), selected: number === run }, name)),
  );
  return h(
    "header",
    { key: "head", class: view.unfolded ? "unfolded" : null },
    h("span", { class: "brand" }, ui.brand),
    h("h1", {}, [program, ...header.args].join(" ")),
    h("span", { class: "badge" }, header.clock === "virtual" ? ui.virtual : ui.real),
    runs.length > 1 ? chooser : null,
    h("span", { class: "spring" }),
    fold(view.unfolded, moves),
    finder(frame, moves),
    h(
      "span",
      { class: "buttons settings" },
      toggle(ui.levelIs(view.level), ui.levelHint, null, () => moves.level()),
      language(moves),
      h(
        "button",
        { type: "button", class: "plain", "aria-label": ui.help, title: `${ui.help} (?)`, onclick: () => moves.help() },
        "?",
      ),
    ),
  );
}

/** Where there is little room only: a wide window shows everything at once. */
function fold(unfolded: boolean, moves: Moves): VNode {
  const attributes = {
    type: "button",
    class: "fold",
    "aria-label": ui.options,
    "aria-expanded": String(unfolded),
    onclick: () => moves.unfold(!unfolded),
  };
  return h("button", attributes, unfolded ? "✕" : "☰");
}

function language(moves: Moves): VNode {
  const { code, name, hint } = ui.otherLanguage;
  const act = () => moves.otherLanguage();
  return h("button", { type: "button", class: "plain", lang: code, title: `${hint} (k)`, onclick: act }, name);
}

/** What changes how the run is looked at. */
function modes({ view }: Frame, moves: Moves): VNode {
  const file = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const [chosen] = input.files ?? [];
    // So that the same file can be chosen again.
    if (chosen !== undefined) void moves.compareWith(chosen).then(() => (input.value = ""));
  };
  const compare = () => document.getElementById("compared")?.click();
  const chooser = { id: "compared", type: "file", accept: ".glt,.html", hidden: true, onchange: file };
  return h(
    "span",
    { class: "buttons modes" },
    toggle(ui.predict, `${ui.predictHint} (p)`, view.predict !== null, () => moves.predict()),
    toggle(ui.changes, `${ui.changesHint} (d)`, view.changes, () => moves.toggle("changes")),
    toggle(ui.tables, `${ui.tablesHint} (t)`, view.tables, () => moves.toggle("tables")),
    toggle(ui.compare, `${ui.compareHint} (c)`, view.compared !== null, compare),
    h("input", { ...chooser, "aria-label": ui.compareHint }),
  );
}

function toggle(text: string, title: string, on: boolean | null, act: () => void): VNode {
  const pressed = on === null ? null : on ? "true" : "false";
  const label = on === null ? `${title}: ${text}` : null;
  return h(
    "button",
    { type: "button", class: "plain", title, "aria-label": label, "aria-pressed": pressed, onclick: act },
    text,
  );
}

function finder({ view }: Frame, moves: Moves): VNode {
  return h(
    "form",
    {
      class: "find",
      role: "search",
      onsubmit: (event) => {
        event.preventDefault();
        moves.find(1);
      },
    },
    h("input", {
      id: "find",
      type: "search",
      value: view.find,
      placeholder: ui.findHint,
      "aria-label": `${ui.find}: ${ui.findHint}`,
      oninput: (event) => moves.setFind((event.target as HTMLInputElement).value),
    }),
    h(
      "button",
      {
        type: "button",
        class: "plain",
        "aria-label": ui.findBefore,
        title: ui.findBefore,
        onclick: () => moves.find(-1),
      },
      "↑",
    ),
    h("button", { type: "submit", class: "plain", "aria-label": ui.findNext, title: ui.findNext }, "↓"),
    h(
      "label",
      { class: "only" },
      h("input", {
        type: "checkbox",
        checked: view.onlyMatches,
        onchange: (event) => moves.onlyMatches((event.target as HTMLInputElement).checked),
      }),
      ` ${ui.onlyMatches}`,
    ),
  );
}

export function transport(frame: Frame, moves: Moves): VNode {
  const { view } = frame;
  const speed = {
    "aria-label": ui.speed,
    title: `${ui.speed} (1 – 6)`,
    onchange: (event: Event) => moves.speed(Number((event.target as HTMLSelectElement).value)),
  };
  const speeds = ui.speeds.map((name, which) =>
    h("option", { value: String(which), selected: which === view.speed }, name),
  );
  return h(
    "div",
    { key: "transport", class: view.unfolded ? "transport unfolded" : "transport" },
    h(
      "span",
      { class: "steps" },
      kept("steps", [moves, view.playing], () => steps(frame, moves)),
      position(frame, moves),
    ),
    kept("speed", [moves, view.speed], () => h("select", speed, ...speeds)),
    h("span", { class: "spring" }),
    kept("modes", [moves, view.predict !== null, view.changes, view.tables, view.compared !== null], () =>
      modes(frame, moves),
    ),
  );
}

function steps({ view }: Frame, moves: Moves): VNode {
  const button = (text: string, label: string, key: string, act: () => void, looks: string) =>
    h("button", { type: "button", class: looks, "aria-label": label, title: `${label} (${key})`, onclick: act }, text);
  return h(
    "span",
    { class: "buttons" },
    button("|‹", ui.first, "Home", () => moves.first(), "near"),
    button(`‹ ${ui.turn}`, ui.backTurn, "Ctrl ←", () => moves.turn(-1), "far left"),
    button(`‹ ${ui.poll}`, ui.backPoll, "Shift ←", () => moves.poll(-1), "far left"),
    button("←", ui.back, "←", () => moves.event(-1), "near"),
    button(view.playing ? "❚❚" : "▶", view.playing ? ui.pause : ui.play, ui.space, () => moves.play(), "near play"),
    button("→", ui.forward, "→", () => moves.event(1), "near"),
    button(`${ui.poll} ›`, ui.forwardPoll, "Shift →", () => moves.poll(1), "far right"),
    button(`${ui.turn} ›`, ui.forwardTurn, "Ctrl →", () => moves.turn(1), "far right"),
    button("›|", ui.last, "End", () => moves.last(), "near"),
  );
}

function position({ timeline, index }: Frame, moves: Moves): VNode {
  const go = (event: Event) => {
    event.preventDefault();
    moves.goToSeq(Number(document.querySelector<HTMLInputElement>("#seq")?.value));
  };
  const number = {
    id: "seq",
    inputmode: "numeric",
    size: 6,
    "aria-label": ui.goTo,
    title: `${ui.goTo} (g)`,
    value: String(timeline.seq(index)),
  };
  return h(
    "form",
    { class: "position", onsubmit: go },
    h("label", { for: "seq" }, `${ui.event} `),
    h("input", number),
    h("span", {}, ` ${ui.of(timeline.before + timeline.count)}`),
  );
}
