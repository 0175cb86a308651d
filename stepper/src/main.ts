// Opens the recording that stands in this page, or one that the reader chooses.

import { App } from "./app.ts";
import { fromBase64, TraceError } from "./bytes.ts";
import { h, render } from "./dom.ts";
import { recordingOf, timelinesOf } from "./files.ts";
import { listen } from "./keys.ts";
import { light } from "./light.ts";
import { language, languageOf, speak, ui } from "./messages.ts";
import { onNarrow } from "./narrow.ts";

const root = document.getElementById("app")!;
let app: App | null = null;

function open(bytes: () => Uint8Array, sources: Record<string, string>): void {
  try {
    const first = app === null;
    app = new App(root, timelinesOf(bytes()), sources);
    app.recall();
    if (first) begin();
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    chooser(`${ui.unreadable}: ${error.message}.`);
  }
}

function begin(): void {
  const current = () => app!;
  listen(current);
  window.addEventListener("resize", () => {
    current().draw();
    current().drawMap();
  });
  window.addEventListener("hashchange", () => current().recall());
  onNarrow(() => current().draw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => current().drawMap());
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, ({ target }) =>
      light(target instanceof Element ? (target.closest("[data-id]")?.getAttribute("data-id") ?? null) : null),
    );
  }
  document.addEventListener("click", ({ target }) => {
    const id = target instanceof Element ? target.closest("[data-copy]")?.getAttribute("data-copy") : null;
    if (id) current().copyPicture(id);
  });
}

/** Without a recording: asks for one. */
function chooser(problem: string): void {
  document.documentElement.lang = language;
  const input = {
    type: "file",
    accept: ".glt,.html",
    id: "file",
    onchange: (event: Event) => read((event.target as HTMLInputElement).files?.[0]),
  };
  render(root, [
    h(
      "main",
      { class: "chooser" },
      h("h1", {}, ui.brand),
      h("p", { class: "warning", role: "alert" }, problem),
      h("label", { for: "file" }, ui.open),
      h("input", input),
      h("p", {}, ui.openHint),
    ),
  ]);
}

async function read(file: File | undefined): Promise<void> {
  if (file === undefined) return;
  // A second recording is to be compared with the first.
  if (app !== null) return app.compareWith(file);
  try {
    const bytes = await recordingOf(file);
    open(() => bytes, {});
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    chooser(`${ui.unreadable}: ${error.message}.`);
  }
}

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  void read(event.dataTransfer?.files[0]);
});

/** Takes what an element holds; it is of no use any more. */
function take(id: string): string {
  const element = document.getElementById(id);
  const text = element?.textContent?.trim() ?? "";
  element?.remove();
  return text;
}

function texts(json: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return {};
  }
}

const asked = new URLSearchParams(location.hash.slice(1)).get("l") ?? "";
speak(languageOf(asked) ?? languageOf(navigator.language) ?? "en");
const recording = take("trace");
const sources = texts(take("sources"));
// Without data the place for them is still there.
if (recording === "" || recording.startsWith("@")) chooser(ui.noData);
else open(() => fromBase64(recording), sources);
