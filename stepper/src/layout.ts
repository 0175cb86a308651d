// Where on the page everything stands.

import type { App } from "./app.ts";
import { type Child, h, type VNode } from "./dom.ts";
import type { Frame } from "./frame.ts";
import { withWhatWas } from "./ghost.ts";
import { language, ui } from "./messages.ts";
import { isNarrow } from "./narrow.ts";
import { head, transport } from "./panels/bar.ts";
import { comparePanel } from "./panels/compare.ts";
import { helpDialog } from "./panels/help.ts";
import { lanesPanel } from "./panels/lanes.ts";
import { narration } from "./panels/narration.ts";
import { queuePanel } from "./panels/queue.ts";
import { sourcePanel } from "./panels/source.ts";
import { lanesTable, queueTable, resourcesTable, sourcesTable, waitForTable, wheelTable } from "./panels/tables.ts";
import { tasksPanel, waitForPanel } from "./panels/tasks.ts";
import { textDialog } from "./panels/text.ts";
import { resourcesPanel, sourcesPanel } from "./panels/things.ts";
import { transcriptPanel } from "./panels/transcript.ts";
import { wheelPanel } from "./panels/wheel.ts";
import { whyPanel } from "./panels/why.ts";

export function layout(app: App, frame: Frame, runs: string[], run: number): VNode[] {
  const { view } = frame;
  name(ui.title(frame.timeline.run.header.program ?? ui.aProgram));
  const dialogs = [
    view.help ? helpDialog(view.letters, app) : null,
    view.text === null ? null : textDialog(view.text, app),
  ].filter((dialog) => dialog !== null);
  return [
    h("a", { key: "skip", class: "skip", href: "#narration" }, ui.skip),
    head(frame, app, run, runs),
    h("nav", { key: "moves", "aria-label": ui.controls }, strip(frame, app), transport(frame, app)),
    h(
      "main",
      { key: "main", class: `${view.level}${view.compared === null ? "" : " comparing"}` },
      h(
        "div",
        { key: "say", class: "say" },
        narration(frame, () => app.event(1)),
        view.compared === null ? null : comparePanel(frame, view.compared, app),
      ),
      ...columns(frame, app),
      h(
        "div",
        { key: "foot", class: "foot" },
        (view.tables ? lanesTable : lanesPanel)(frame),
        transcriptPanel(frame, app),
      ),
    ),
    ...dialogs,
  ];
}

/** Says what the document is; to set the same again would cost as much as a change of all texts. */
function name(title: string): void {
  if (document.documentElement.lang !== language) document.documentElement.lang = language;
  if (document.title !== title) document.title = title;
}

/** What the state is shown in. */
function panels(frame: Frame): Record<string, VNode> {
  const { tables } = frame.view;
  return {
    source: sourcePanel(frame),
    why: whyPanel(frame),
    queue: (tables ? queueTable : queuePanel)(frame),
    wheel: (tables ? wheelTable : wheelPanel)(frame),
    sources: (tables ? sourcesTable : sourcesPanel)(frame),
    tasks: tasksPanel(frame),
    resources: (tables ? resourcesTable : resourcesPanel)(frame),
    waitfor: (tables ? waitForTable : waitForPanel)(frame),
  };
}

/** What is near each other belongs together; a beginner sees less, and so larger. */
function columns(frame: Frame, app: App): Child[] {
  const now = panels(frame);
  if (frame.view.changes) {
    const before = app.before(panels);
    for (const [name, panel] of Object.entries(now)) {
      const former = before[name];
      if (former !== undefined) now[name] = withWhatWas(former, panel);
    }
  }
  const isFull = frame.view.level === "full";
  if (isNarrow) {
    // One column, in the order in which a learner needs them.
    const all = isFull
      ? ["queue", "source", "tasks", "wheel", "resources", "waitfor", "sources", "why"]
      : ["queue", "source", "tasks", "why", "resources"];
    return [h("div", { key: "only", class: "column" }, ...all.flatMap((name) => now[name] ?? []))];
  }
  const names = isFull
    ? { first: ["source", "why"], second: ["queue", "wheel", "sources"], third: ["tasks", "resources", "waitfor"] }
    : { first: ["source"], second: ["queue", "tasks"], third: ["why", "resources"] };
  return Object.entries(names).map(([column, here]) =>
    h("div", { key: column, class: `column ${column}` }, ...here.flatMap((name) => now[name] ?? [])),
  );
}

/** The whole run at a glance, with a slider over it. */
function strip({ timeline, index }: Frame, app: App): VNode {
  const slider = {
    type: "range",
    min: 0,
    max: Math.max(0, timeline.count - 1),
    value: String(index),
    "aria-label": ui.slider,
    "aria-valuetext": ui.position(timeline.seq(index), timeline.before + timeline.count),
    title: ui.map,
    oninput: (event: Event) => app.goTo(Number((event.target as HTMLInputElement).value)),
  };
  return h(
    "div",
    { key: "map", class: "map" },
    h("canvas", { own: true, "aria-hidden": "true" }),
    h("span", { class: "caption", "aria-hidden": "true" }, ui.mapCaption),
    h("input", slider),
  );
}
