// Who is alive, what each does, and who waits for whom.

import { h, type VNode } from "../dom.ts";
import type { Frame } from "../frame.ts";
import { kept } from "../kept.ts";
import { say, ui } from "../messages.ts";
import type { Wait } from "../model/state.ts";
import { NOBODY, type Who } from "../schema.ts";
import { duration, thousands } from "../words.ts";
import { chip, empty, panel, swatch } from "./parts.ts";

const SHOWN = 100;

export function tasksPanel(frame: Frame): VNode {
  const { tasks } = frame.state;
  if (tasks.size === 0) return panel("tasks", ui.tasks, null, empty(ui.tasksEmpty));
  const shown = tasks.sorted().slice(0, SHOWN);
  // Whom this event is about is always among them.
  const { subject } = frame;
  if (tasks.has(subject) && !shown.includes(subject)) shown.unshift(subject);
  const rows = shown.map((who) => row(frame, who, subject));
  const { columns } = ui;
  const head = [columns.task, columns.state, columns.waits, columns.polls].map((name) =>
    h("th", { scope: "col" }, name),
  );
  return panel(
    "tasks",
    ui.tasks,
    thousands(tasks.size),
    h("table", { class: "tasks" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)),
    tasks.size > shown.length ? h("p", { class: "more" }, ui.more(tasks.size - shown.length)) : null,
  );
}

function row(frame: Frame, who: Who, subject: Who): VNode {
  const { timeline, index, view } = frame;
  const doing = look(frame, who);
  const shown = frame.guessing ? "idle" : doing;
  const polls = timeline.polls[timeline.lastOf(who, index)] ?? 0;
  const [task, text] = [chip(frame, who), wants(frame, who, doing)];
  const [isChosen, isSubject] = [view.selected === who, who === subject];
  const says = frame.guessing ? "…" : ui.doing[doing];
  return kept(`task ${who}`, [frame.act, task, text, isChosen, isSubject, shown, says, polls], () =>
    h(
      "tr",
      {
        key: `task-${who}`,
        class: isChosen ? "chosen" : null,
        "aria-current": isSubject ? "true" : null,
        "data-id": `task-${who}`,
        style: swatch(who),
        // The button in it has a click of its own.
        onclick: (event: Event) => (event.target as Element).closest("button") === null && frame.act.select(who),
      },
      h("td", {}, task),
      h("td", { class: `doing ${shown}` }, h("span", {}, says)),
      h("td", { class: "wants" }, h("span", {}, text)),
      h("td", { class: "number" }, String(polls)),
    ),
  );
}

/** What moves the row of whom this event is about into sight, no further than it has to. */
export function scrollToSubject(): (() => void) | null {
  const row = document.querySelector<HTMLElement>("#tasks tr[aria-current]");
  const body = row?.closest<HTMLElement>(".body");
  if (!row || !body) return null;
  const [top, bottom] = [row.offsetTop, row.offsetTop + row.offsetHeight + 6];
  if (top >= body.scrollTop && bottom <= body.scrollTop + body.clientHeight) return null;
  const target = top < body.scrollTop ? top - row.offsetHeight : bottom - body.clientHeight;
  return () => (body.scrollTop = target);
}

type Look = keyof typeof ui.doing;

/** What a task does, and, between two of those, on its way to which. */
function look({ state, timeline, index }: Frame, who: Who): Look {
  const doing = state.doing(who) ?? "idle";
  if (doing !== "idle") return doing;
  const last = timeline.lastOf(who, index);
  switch (timeline.kind(last)) {
    case "PollEnd": {
      const { entry } = timeline.record(last);
      return entry.kind === "PollEnd" && entry.ready ? "ready" : "idle";
    }
    case "Dequeue":
      return "turn";
    case "Spawn":
    case "ChildStart":
      return "new";
    case "Wake":
    case "TimerFire":
    case "ResWoken":
    case "SourceWaitOff":
    case "JoinWaitOff":
      return "woken";
    default:
      return "idle";
  }
}

function wants(frame: Frame, who: Who, doing: Look): string {
  const { state, names } = frame;
  const parts: string[] = [];
  if (doing === "queued" && !frame.guessing) parts.push(ui.queuedPlace(state.place(who) ?? 0));
  if (doing === "waiting" || doing === "polling") {
    for (const wait of state.waits(who)) {
      const since = names.since(wait);
      const length = since === null || since >= frame.t ? "" : ` ${ui.forLength(duration(frame.t - since))}`;
      parts.push(`${names.wanted(wait)}${length}`);
    }
  }
  if (doing === "idle") parts.push(idle(frame, who));
  const task = state.tasks.get(who);
  if (task?.cancelAsked) parts.push(ui.cancelAsked);
  for (const lock of state.holdsOf.get(who) ?? []) parts.push(ui.holds(names.resource(lock)));
  return parts.join(" · ");
}

function idle({ timeline, index }: Frame, who: Who): string {
  return (timeline.polls[timeline.lastOf(who, index)] ?? 0) === 0 ? ui.neverPolled : ui.unknownWaker;
}

/** Chains of waiting: a task, what it waits for, and who could end that wait, who may wait too. */
export function waitForPanel(frame: Frame): VNode {
  const chains = waitChains(frame).slice(0, 12);
  if (chains.length === 0) return panel("waitfor", ui.waitFor, null, empty(ui.waitForEmpty));
  const rows = chains.map((chain) =>
    h(
      "li",
      { key: String(chain.links[0]?.who), class: chain.isCycle ? "cycle" : null },
      chain.isCycle ? h("span", { class: "verdict" }, `${ui.cycle}:`) : null,
      ...chain.links.flatMap(({ who, wait }) => [
        chip(frame, who),
        ...(wait === null ? [] : [h("span", { class: "edge" }, `→ ${short(frame, wait)} →`)]),
      ]),
    ),
  );
  return panel("waitfor", ui.waitFor, null, h("ul", { class: "chains" }, ...rows));
}

interface Chain {
  links: Array<{ who: Who; wait: Wait | null }>;
  isCycle: boolean;
}

export function short({ names, timeline }: Frame, wait: Wait): string {
  if (wait.on !== "join") return names.resource(wait.id);
  // Of a gather one child stands for all.
  return timeline.run.whos.hasChildren(wait.id) ? say.endOf(names.target(wait.id)) : ui.endOfTask;
}

/** Who could end the wait: whoever is to end, or holds the lock. */
function ender({ state, timeline }: Frame, wait: Wait): Who {
  if (wait.on === "join") {
    for (const who of timeline.run.whos.family(wait.id)) if (state.tasks.has(who)) return who;
    return NOBODY;
  }
  return wait.on === "resource" ? (state.resources.get(wait.id)?.holder ?? NOBODY) : NOBODY;
}

export function waitChains(frame: Frame): Chain[] {
  const { state } = frame;
  const edges = new Map<Who, { wait: Wait; to: Who }>();
  const awaited = new Set<Who>();
  for (const who of state.waitsOf.sorted().slice(0, 2_000)) {
    for (const wait of state.waits(who)) {
      const to = ender(frame, wait);
      if (to === NOBODY || edges.has(who)) continue;
      edges.set(who, { wait, to });
      awaited.add(to);
    }
  }
  const seen = new Set<Who>();
  const starts = [...edges.keys()].filter((who) => !awaited.has(who));
  return [...starts, ...edges.keys()]
    .filter((who) => !seen.has(who))
    .flatMap((start) => {
      // By the time its turn comes, another chain may have gone through it.
      if (seen.has(start)) return [];
      const chain: Chain = { links: [], isCycle: false };
      const here = new Set<Who>();
      let who = start;
      for (;;) {
        const edge = edges.get(who);
        chain.links.push({ who, wait: edge === undefined || here.has(who) ? null : edge.wait });
        if (here.has(who)) chain.isCycle = true;
        if (edge === undefined || here.has(who)) break;
        here.add(who);
        seen.add(who);
        who = edge.to;
      }
      return [chain];
    });
}
