// Going through a run: by event, poll and turn, by what is searched for, by chains, and by itself.

import { find } from "./find.ts";
import { Frame, type View } from "./frame.ts";
import { ui } from "./messages.ts";
import { arrive, fly, leave } from "./motion.ts";
import { Player } from "./player.ts";
import { Playing } from "./playing.ts";
import { questionAt } from "./predict.ts";
import { NOBODY, type Who } from "./schema.ts";
import { beforeShown } from "./shown.ts";
import { NONE, type Timeline } from "./timeline.ts";
import { chain, stepsOf } from "./why.ts";

/** So many links of a chain are played. */
const LINKS = 100;

export abstract class Walk {
  readonly view: View = {
    selected: NOBODY,
    level: "full",
    playing: false,
    speed: 2,
    find: "",
    onlyMatches: false,
    predict: null,
    changes: false,
    tables: false,
    heap: false,
    compared: null,
    unfolded: false,
    help: false,
    text: null,
    letters: true,
    notice: "",
  };
  protected run = 0;
  private readonly players = new Map<Timeline, Player>();
  protected readonly playing: Playing;

  constructor(
    protected runs: readonly Timeline[],
    protected sources: Readonly<Record<string, string>>,
  ) {
    const walk = this;
    this.playing = new Playing({
      get count() {
        return walk.timeline.count;
      },
      get isOver() {
        return walk.isAsking || walk.player.index >= walk.player.last;
      },
      advance: (events) =>
        events === 1 ? this.event(1) : this.goTo(Math.min(this.player.index + events, this.player.last)),
      goTo: (index) => this.goTo(index),
      changed: () => this.playingChanged(),
    });
  }

  /** Shows the page as it is to be now. */
  abstract draw(): void;
  /** Keeps in the address where we are. */
  protected abstract remember(): void;
  protected abstract frame(): Frame;

  get player(): Player {
    const timeline = this.runs[this.run]!;
    let player = this.players.get(timeline);
    if (player === undefined) {
      player = new Player(timeline);
      player.goTo(0);
      this.players.set(timeline, player);
    }
    return player;
  }

  protected get timeline(): Timeline {
    return this.player.timeline;
  }

  // By steps.

  goTo(index: number): void {
    this.view.notice = "";
    const { player, timeline } = this;
    const target = Math.max(0, Math.min(index, timeline.count - 1));
    const isStep = target === player.index + 1;
    leave();
    player.goTo(target);
    this.ask();
    this.draw();
    arrive();
    // Whoever has gone on by then sees nothing of it.
    if (isStep) beforeShown("flight", () => player === this.player && player.index === target && this.flight());
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
    fly(origin, queue, ui.ticket(this.timeline.run.whos.label(entry.task)));
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
    const who = this.frame().subject;
    const { index } = this.player;
    const after = () => this.timeline.eventsOf(who).find((event) => event > index) ?? NONE;
    const next = step > 0 ? after() : this.timeline.lastOf(who, index - 1);
    if (next !== NONE) this.goTo(next);
  }

  toWaker(): void {
    const frame = this.frame();
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

  // By itself.

  play(): void {
    this.playing.toggle();
  }

  speed(which: number): void {
    this.playing.setSpeed(which);
  }

  /** Goes through what made the chosen task run, from the first cause on. */
  playChain(): void {
    const frame = this.frame();
    if (frame.subject === NOBODY) return;
    const links = chain(this.timeline, frame.names, frame.subject, frame.index, LINKS);
    this.view.selected = frame.subject;
    this.playing.along(stepsOf(this.timeline, links));
  }

  private playingChanged(): void {
    this.view.playing = this.playing.isOn;
    this.view.speed = this.playing.speed;
    this.draw();
  }

  // By what is searched for.

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

  // By questions.

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
}
