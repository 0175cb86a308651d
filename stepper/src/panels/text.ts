// A dialog with text to read, select and copy.

import { h, type VNode } from "../dom.ts";
import { ui } from "../messages.ts";

export interface Text {
  title: string;
  note: string | null;
  text: string;
}

export interface Reading {
  copyText(): void;
  closeText(): void;
}

export function textDialog({ title, note, text }: Text, act: Reading): VNode {
  const backdrop = {
    key: "text",
    class: "backdrop",
    onclick: (event: Event) => event.target === event.currentTarget && act.closeText(),
  };
  return h(
    "div",
    backdrop,
    h(
      "dialog",
      { open: true, class: "wide", "aria-labelledby": "text-title", "aria-modal": "true" },
      h("h2", { id: "text-title" }, title.charAt(0).toUpperCase() + title.slice(1)),
      note === null ? null : h("p", { class: "faint" }, note),
      h("textarea", { readonly: true, rows: 20, "aria-labelledby": "text-title", value: text }),
      h(
        "p",
        { class: "choices" },
        h("button", { type: "button", onclick: () => act.copyText() }, ui.copy),
        h("button", { type: "button", onclick: () => act.closeText() }, ui.close),
      ),
    ),
  );
}
