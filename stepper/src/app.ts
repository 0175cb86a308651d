// The page: it keeps what the reader has chosen, moves through the run, and draws.

import { type Child, h, render } from "./dom.ts";
import { find } from "./find.ts";
import { type Actions, Frame, type View } from "./frame.ts";
import { drawMinimap } from "./minimap.ts";
import { fly, glide, places } from "./motion.ts";
import { say, ui } from "./messages.en.ts";
import { head, type Moves, transport } from "./panels/bar.ts";
import { helpDialog } from "./panels/help.ts";
import { lanesPanel } from "./panels/lanes.ts";
import { narration } from "./panels/narration.ts";
import { queuePanel } from "./panels/queue.ts";
import { showLine, sourcePanel } from "./panels/source.ts";
import { tasksPanel, waitForPanel } from "./panels/tasks.ts";
import { resourcesPanel, sourcesPanel } from "./panels/things.ts";
import { showLatest, transcriptPanel } from "./panels/transcript.ts";
import { wheelPanel } from "./panels/wheel.ts";
import { whyPanel } from "./panels/why.ts";
import { Player } from "./player.ts";
import { questionAt } from "./predict.ts";
import { NOBODY, type Who } from "./schema.ts";
import { NONE, type Timeline } from "./timeline.ts";
import { chain } from "./why.ts";

/** Events a second; the last is one for each picture, or more if the run is long. */
const SPEEDS = [0.5, 1, 2, 5, 20, 60];

export class App implements Actions, Moves {
  readonly view: View = {
    selected: NOBODY,
    level: "full",
    playing: false,
    speed: 2,
    find: "",
    onlyMatches: false,
    predict: null,
    help: false,
    letters: true,
    notice: "",
  };
  private run = 0;
  private readonly players = new Map<number, Player>();
  private timer: number | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly runs: Timeline[],
    private readonly sources: Readonly<Record<string, string>>,
  ) {}

  get player(): Player {
    let player = this.players.get(this.run);
    if (player === undefined) {
      player = new Player(this.runs[this.run]!);
      player.goTo(0);
      this.players.set(this.run, player);
    }
    return player;
  }

  private get timeline(): Timeline {
    return this.player.timeline;
  }

  // Drawing.

  draw(): void {
    const frame = new Frame(this.player, this.view, this.sources, this);
    const { program } = this.timeline.run.header;
    document.title = ui.title(program ?? ui.aProgram);
    const names = this.runs.map((_, run) => ui.runOf(run + 1, this.runs.length));
    render(this.root, [
      h("a", { key: "skip", class: "skip", href: "#narration" }, ui.skip),
      head(frame, this, this.run, names),
      h("nav", { key: "moves", "aria-label": ui.controls }, this.map(), transport(frame, this)),
      h(
        "main",
        { key: "main" },
        narration(frame, () => this.event(1)),
        ...this.columns(frame),
        h("div", { class: "foot" }, lanesPanel(frame), transcriptPanel(frame)),
      ),
      ...(this.view.help
        ? [
            helpDialog(
              this.view.letters,
              (on) => this.letters(on),
              () => this.help(),
            ),
          ]
        : []),
    ]);
    showLine();
    showLatest();
  }

  /** What is near each other belongs together; a beginner sees less, and so larger. */
  private columns(frame: Frame): Child[] {
    const isFull = this.view.level === "full";
    const [first, second, third] = isFull
      ? [
          [sourcePanel(frame), whyPanel(frame)],
          [queuePanel(frame), wheelPanel(frame), sourcesPanel(frame)],
          [tasksPanel(frame), resourcesPanel(frame), waitForPanel(frame)],
        ]
      : [[sourcePanel(frame)], [queuePanel(frame), tasksPanel(frame)], [whyPanel(frame), resourcesPanel(frame)]];
    return [
      h("div", { key: "first", class: "column first" }, ...(first ?? [])),
      h("div", { key: "second", class: "column second" }, ...(second ?? [])),
      h("div", { key: "third", class: "column third" }, ...(third ?? [])),
    ];
  }

  private map(): Child {
    const { timeline, player } = this;
    const slider = {
      type: "range",
      min: 0,
      max: Math.max(0, timeline.count - 1),
      value: String(player.index),
      "aria-label": ui.slider,
      "aria-valuetext": ui.position(timeline.seq(player.index), timeline.before + timeline.count),
      title: ui.map,
      oninput: (event: Event) => this.goTo(Number((event.target as HTMLInputElement).value)),
    };
    return h(
      "div",
      { key: "map", class: "map" },
      h("canvas", { own: true, "aria-hidden": "true" }),
      h("input", slider),
    );
  }

  /** The strip is drawn once for a run, and when the page is resized. */
  drawMap(): void {
    const canvas = this.root.querySelector("canvas");
    if (canvas !== null) drawMinimap(canvas, this.timeline);
  }

  // Moving.

  goTo(index: number): void {
    this.view.notice = "";
    const { player, timeline } = this;
    const target = Math.max(0, Math.min(index, timeline.count - 1));
    const isStep = target === player.index + 1;
    const before = places();
    player.goTo(target);
    this.ask();
    this.draw();
    glide(before);
    if (isStep) this.flight();
    this.remember();
  }

  /** A wake travels from where it comes from to the run queue. */
  private flight(): void {
    const { entry } = this.timeline.record(this.player.index);
    if (entry.kind !== "Wake" || entry.effect !== "enqueued" || (this.view.playing && this.view.speed > 3)) return;
    const by = `[data-id="task-${entry.by}"]`;
    const from = {
      timer: "#due",
      io: `[data-id="source-${entry.source}"]`,
      resource: `[data-id="resource-${entry.source}"]`,
    } as Partial<Record<string, string>>;
    const origin = document.querySelector(from[entry.via] ?? `.now ${by}`) ?? document.querySelector(".now");
    const queue = document.querySelector("#queue .line, #queue .empty");
    fly(origin, queue, say.wakes("", this.timeline.run.whos.label(entry.task)).trim());
  }

  first(): void {
    this.goTo(0);
  }

  last(): void {
    this.goTo(this.timeline.count - 1);
  }

  event(step: 1 | -1): void {
    if (this.view.onlyMatches && this.view.find.trim() !== "") this.find(step);
    else this.goTo(this.player.index + step);
  }

  poll(step: 1 | -1): void {
    this.toKind("PollBegin", step);
  }

  turn(step: 1 | -1): void {
    this.toKind("Turn", step);
  }

  toKind(kind: string, step: 1 | -1): void {
    const { timeline, player } = this;
    let index = player.index + step;
    // A question stops whoever hurries past it.
    const stops = (at: number) =>
      step > 0 && this.view.predict !== null && !this.view.predict.done.has(at) && timeline.kind(at) === "PollEnd";
    while (index > 0 && index < timeline.count - 1 && timeline.kind(index) !== kind && !stops(index)) index += step;
    this.goTo(index);
  }

  sameKind(step: 1 | -1): void {
    if (this.player.index !== NONE) this.toKind(this.timeline.kind(this.player.index), step);
  }

  ofTask(step: 1 | -1): void {
    const who = new Frame(this.player, this.view, this.sources, this).subject;
    const { index } = this.player;
    const after = () => this.timeline.eventsOf(who).find((event) => event > index) ?? NONE;
    const next = step > 0 ? after() : this.timeline.lastOf(who, index - 1);
    if (next !== NONE) this.goTo(next);
  }

  toWaker(): void {
    const frame = new Frame(this.player, this.view, this.sources, this);
    if (frame.subject === NOBODY) return;
    const links = chain(this.timeline, frame.names, frame.subject, frame.index, 2);
    const next = links.find((link) => link.index < frame.index);
    if (next === undefined) return;
    this.view.selected = next.who;
    this.goTo(next.index);
  }

  goToSeq(seq: number): void {
    if (Number.isFinite(seq)) this.goTo(this.timeline.index(Math.round(seq)));
  }

  // Playing.

  play(): void {
    this.view.playing = !this.view.playing;
    this.schedule();
    this.draw();
  }

  speed(which: number): void {
    this.view.speed = which;
    this.schedule();
    this.draw();
  }

  private schedule(): void {
    clearInterval(this.timer);
    if (!this.view.playing) return;
    const rate = SPEEDS[this.view.speed] ?? 2;
    // No run takes longer than two minutes at the highest speed.
    const step = this.view.speed === SPEEDS.length - 1 ? Math.max(1, Math.ceil(this.timeline.count / (120 * rate))) : 1;
    this.timer = window.setInterval(() => this.tick(step), 1_000 / rate);
  }

  private tick(step: number): void {
    const isOver = this.player.index >= this.player.last;
    if (isOver || this.isAsking) {
      this.view.playing = false;
      this.schedule();
      this.draw();
    } else if (step === 1) {
      this.event(1);
    } else {
      this.goTo(Math.min(this.player.index + step, this.player.last));
    }
  }

  // Choosing.

  select(who: Who): void {
    this.view.selected = this.view.selected === who ? NOBODY : who;
    this.draw();
    this.remember();
  }

  level(): void {
    this.view.level = this.view.level === "full" ? "beginner" : "full";
    this.draw();
  }

  help(): void {
    this.view.help = !this.view.help;
    this.draw();
    if (this.view.help) document.querySelector<HTMLElement>("dialog button")?.focus();
  }

  letters(on: boolean): void {
    this.view.letters = on;
    this.draw();
  }

  chooseRun(run: number): void {
    this.run = run;
    this.view.selected = NOBODY;
    this.draw();
    this.drawMap();
    this.remember();
  }

  // Finding.

  setFind(text: string): void {
    this.view.find = text;
  }

  onlyMatches(on: boolean): void {
    this.view.onlyMatches = on;
    this.draw();
  }

  find(step: 1 | -1): void {
    const { timeline, player, view } = this;
    if (view.find.trim() === "") return;
    const found = find(timeline, view.find, player.index, step);
    if (found !== NONE) this.goTo(found);
    view.notice = found === NONE ? ui.notFound(view.find) : ui.found(timeline.seq(found));
    this.draw();
  }

  // Predicting.

  predict(): void {
    this.view.predict = this.view.predict === null ? { question: null, asked: 0, right: 0, done: new Set() } : null;
    this.ask();
    this.draw();
  }

  get isAsking(): boolean {
    const question = this.view.predict?.question ?? null;
    return question !== null && question.answered === NOBODY;
  }

  private ask(): void {
    const { predict } = this.view;
    if (predict === null || predict.question?.index === this.player.index) return;
    predict.question = predict.done.has(this.player.index) ? null : questionAt(this.player);
  }

  answer(who: Who): void {
    const { predict } = this.view;
    const question = predict?.question ?? null;
    if (predict === null || question === null || question.answered !== NOBODY) return;
    question.answered = who;
    predict.asked += 1;
    if (who === question.right) predict.right += 1;
    predict.done.add(question.index);
    this.draw();
  }

  answerNumber(number: number): void {
    const who = this.view.predict?.question?.choices[number - 1];
    if (who !== undefined) this.answer(who);
  }

  // The address says where we are: `#e=118&t=7`.

  private remember(): void {
    const parts = new URLSearchParams();
    if (this.run > 0) parts.set("r", String(this.run + 1));
    parts.set("e", String(this.timeline.seq(this.player.index)));
    if (this.view.selected !== NOBODY) parts.set("t", this.timeline.run.whos.label(this.view.selected));
    if (!this.view.playing) history.replaceState(null, "", `#${parts}`);
  }

  /** Goes where the address says; to the first event if it says nothing. */
  recall(): void {
    const parts = new URLSearchParams(location.hash.slice(1));
    const run = Number(parts.get("r") ?? 1) - 1;
    if (this.runs[run] !== undefined) this.run = run;
    this.view.selected = this.timeline.run.whos.find(parts.get("t") ?? "") ?? NOBODY;
    const seq = Number(parts.get("e"));
    this.player.goTo(parts.has("e") && Number.isFinite(seq) ? Math.max(0, this.timeline.index(seq)) : 0);
    this.draw();
    this.drawMap();
  }
}
