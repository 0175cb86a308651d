// All keys, in a dialog.

import { h, type VNode } from "../dom.ts";
import { ui } from "../messages.en.ts";

export function helpDialog(letters: boolean, setLetters: (on: boolean) => void, close: () => void): VNode {
  const rows = ui.keys.map(([keys, what]) =>
    h(
      "div",
      {},
      h("dt", {}, ...keys.split(" ").flatMap((key) => [key === "–" ? key : h("kbd", {}, key), " "])),
      h("dd", {}, what),
    ),
  );
  const backdrop = {
    key: "help",
    class: "backdrop",
    onclick: (event: Event) => event.target === event.currentTarget && close(),
  };
  return h(
    "div",
    backdrop,
    h(
      "dialog",
      { open: true, "aria-labelledby": "help-title", "aria-modal": "true" },
      h("h2", { id: "help-title" }, ui.helpTitle),
      h("p", {}, ui.helpText),
      h("dl", {}, ...rows),
      h(
        "p",
        {},
        h(
          "label",
          {},
          h("input", {
            type: "checkbox",
            checked: letters,
            onchange: (event) => setLetters((event.target as HTMLInputElement).checked),
          }),
          ` ${ui.letters}`,
        ),
      ),
      h("button", { type: "button", onclick: close }, ui.close),
    ),
  );
}
