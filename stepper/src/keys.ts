// Every action by a key. The dialog that `?` opens lists them.

import type { App } from "./app.ts";
import { NOBODY } from "./schema.ts";

/** `current` is asked at each key: another recording may have been opened. */
export function listen(current: () => App): void {
  document.addEventListener("keydown", (event) => {
    const app = current();
    if (event.defaultPrevented || event.altKey || event.metaKey) return;
    if (event.key === "Escape") return escape(app);
    if (app.view.help || app.view.text !== null) return stayInDialog(event);
    if (isTyping(event.target) || !act(app, event)) return;
    event.preventDefault();
  });
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && target.type !== "range" && target.type !== "checkbox";
}

/** Says whether the key means something here. */
function act(app: App, event: KeyboardEvent): boolean {
  const step = event.key === "ArrowRight" ? 1 : -1;
  switch (event.key) {
    case "ArrowRight":
    case "ArrowLeft":
      if (event.ctrlKey) app.turn(step);
      else if (event.shiftKey) app.poll(step);
      else app.event(step);
      return true;
    case "Home":
      app.first();
      return true;
    case "End":
      app.last();
      return true;
    case " ":
      // On a button, the key is the button's.
      if (event.target instanceof HTMLButtonElement || event.target instanceof HTMLInputElement) return false;
      app.play();
      return true;
  }
  if (event.ctrlKey || !app.view.letters) return false;
  const digit = /^[1-6]$/.test(event.key) ? Number(event.key) : 0;
  if (digit > 0) {
    if (app.isAsking) app.answerNumber(digit);
    else app.speed(digit - 1);
    return true;
  }
  const meaning: Record<string, () => void> = {
    ".": () => app.sameKind(1),
    ",": () => app.sameKind(-1),
    g: () => focus("seq"),
    "/": () => {
      app.unfold(true);
      focus("find");
    },
    n: () => app.find(1),
    N: () => app.find(-1),
    "]": () => app.ofTask(1),
    "[": () => app.ofTask(-1),
    w: () => app.playChain(),
    W: () => app.toWaker(),
    d: () => app.toggle("changes"),
    t: () => app.toggle("tables"),
    h: () => app.toggle("heap"),
    T: () => app.fullText(),
    c: () => document.getElementById("compared")?.click(),
    x: () => app.firstDifference(),
    r: () => app.copyTest(),
    k: () => app.otherLanguage(),
    l: () => app.level(),
    p: () => app.predict(),
    "?": () => app.help(),
  };
  meaning[event.key]?.();
  return event.key in meaning;
}

function focus(id: string): void {
  const input = document.getElementById(id);
  if (input instanceof HTMLInputElement) {
    input.focus();
    input.select();
  }
}

function escape(app: App): void {
  if (app.view.help) app.help();
  else if (app.view.text !== null) app.closeText();
  else if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
  else if (app.view.selected !== NOBODY) app.select(app.view.selected);
}

/** What is behind the dialog cannot be reached while it is open. */
function stayInDialog(event: KeyboardEvent): void {
  if (event.key !== "Tab") return;
  event.preventDefault();
  const inside = [...document.querySelectorAll<HTMLElement>("dialog input, dialog textarea, dialog button")];
  const at = inside.findIndex((element) => element === document.activeElement);
  inside[(at + (event.shiftKey ? inside.length - 1 : 1)) % inside.length]?.focus();
}
