// What the words mean, and all keys, in a dialog.

import { h, type VNode } from "../dom.ts";
import { ui } from "../messages.ts";

export interface Helping {
  letters(on: boolean): void;
  help(): void;
}

export function helpDialog(letters: boolean, act: Helping): VNode {
  const words = ui.words.map(([word, what]) => h("div", {}, h("dt", {}, word), h("dd", {}, what)));
  const rows = ui.keys.map(([keys, what]) =>
    h(
      "div",
      {},
      h("dt", {}, ...keys.split(" ").flatMap((key) => [key === "–" ? key : h("kbd", {}, key), " "])),
      h("dd", {}, what),
    ),
  );
  // In two columns, the words beneath the shorter one.
  const half = rows.length - words.length - 2;
  const backdrop = {
    key: "help",
    class: "backdrop",
    onclick: (event: Event) => event.target === event.currentTarget && act.help(),
  };
  return h(
    "div",
    backdrop,
    h(
      "dialog",
      { open: true, class: "wide", "aria-labelledby": "help-title", "aria-modal": "true" },
      h("h2", { id: "help-title" }, ui.helpTitle),
      h("p", {}, ui.helpText),
      h(
        "div",
        { class: "twice" },
        h("div", {}, h("h3", {}, ui.keysTitle), h("dl", {}, ...rows.slice(0, half))),
        h(
          "div",
          {},
          h("dl", { class: "rest" }, ...rows.slice(half)),
          h("h3", {}, ui.wordsTitle),
          h("dl", {}, ...words),
        ),
      ),
      h(
        "p",
        {},
        h(
          "label",
          {},
          h("input", {
            type: "checkbox",
            checked: letters,
            onchange: (event) => act.letters((event.target as HTMLInputElement).checked),
          }),
          ` ${ui.letters}`,
        ),
      ),
      h("button", { type: "button", onclick: () => act.help() }, ui.close),
    ),
  );
}
