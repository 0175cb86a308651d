// The page: it keeps what the reader has chosen. How it is laid out is in `layout.ts`.

import { forget, inAddress, speakOf } from "./address.ts";
import { TraceError } from "./bytes.ts";
import { Compared } from "./compare.ts";
import { render } from "./dom.ts";
import { recordingOf, timelinesOf } from "./files.ts";
import { type Actions, Frame } from "./frame.ts";
import { layout } from "./layout.ts";
import { lightAgain } from "./light.ts";
import { language, languageOf, speak, ui } from "./messages.ts";
import { drawMinimap } from "./minimap.ts";
import type { Moves } from "./panels/bar.ts";
import type { Comparing } from "./panels/compare.ts";
import type { Helping } from "./panels/help.ts";
import { scrollToCursor } from "./panels/lanes.ts";
import { scrollToLine } from "./panels/source.ts";
import { scrollToSubject } from "./panels/tasks.ts";
import type { Reading, Text } from "./panels/text.ts";
import { scrollToLatest } from "./panels/transcript.ts";
import { pictureOf } from "./picture.ts";
import { rustTest } from "./rust-test.ts";
import { NOBODY, type Who } from "./schema.ts";
import { beforeShown } from "./shown.ts";
import { transcriptOf } from "./text.ts";
import { NONE, type Timeline } from "./timeline.ts";
import { Walk } from "./walk.ts";

export class App extends Walk implements Actions, Moves, Comparing, Helping, Reading {
  constructor(
    private readonly root: HTMLElement,
    runs: readonly Timeline[],
    sources: Readonly<Record<string, string>>,
  ) {
    super(runs, sources);
  }

  protected frame(): Frame {
    return new Frame(this.player, this.view, this.sources, this);
  }

  draw(): void {
    const names = this.runs.map((_, run) => ui.runOf(run + 1, this.runs.length));
    render(this.root, layout(this, this.frame(), names, this.run));
    lightAgain();
    // First all is measured, and then all is moved: so the page is laid out once.
    beforeShown("scroll", () => {
      for (const scroll of [scrollToLine(), scrollToSubject(), scrollToCursor(), scrollToLatest()]) scroll?.();
    });
  }

  /** What `look` sees one event earlier. */
  before<T>(look: (frame: Frame) => T): T {
    const { player } = this;
    const here = player.index;
    player.goTo(here - 1);
    try {
      return look(this.frame());
    } finally {
      player.goTo(here);
    }
  }

  /** The strip is drawn once for a run, and when the page is resized. */
  drawMap(): void {
    const canvas = this.root.querySelector("canvas");
    if (canvas !== null) drawMinimap(canvas, this.timeline);
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

  /** Turns one of these on or off. */
  toggle(what: "changes" | "tables" | "heap"): void {
    this.view[what] = !this.view[what];
    this.draw();
  }

  heap(): void {
    this.toggle("heap");
  }

  /** In a narrow window. */
  unfold(on: boolean): void {
    this.view.unfolded = on;
    this.draw();
  }

  letters(on: boolean): void {
    this.view.letters = on;
    this.draw();
  }

  chooseRun(run: number): void {
    this.run = run;
    this.view.selected = NOBODY;
    this.view.compared = null;
    this.playing.stop();
    this.drawMap();
    this.remember();
  }

  otherLanguage(): void {
    speak(ui.otherLanguage.code);
    this.chosenLanguage = language;
    this.draw();
    this.remember();
  }

  // Dialogs.

  help(): void {
    this.view.help = !this.view.help;
    this.dialog(this.view.help);
  }

  fullText(): void {
    this.showText(transcriptOf(this.player));
  }

  private showText(text: Text): void {
    this.view.text = text;
    this.dialog(true);
  }

  closeText(): void {
    this.view.text = null;
    this.dialog(false);
  }

  /** What had the focus before a dialog was opened. */
  private focused: HTMLElement | null = null;

  private dialog(isOpen: boolean): void {
    if (isOpen) this.focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.draw();
    const target = isOpen ? document.querySelector<HTMLElement>("dialog button") : this.focused;
    // A long dialog begins at its top, though its button is at its end.
    target?.focus({ preventScroll: true });
  }

  // Taking something along.

  copyText(): void {
    const { text } = this.view;
    if (text === null) return;
    void this.copy(text.title, text.text).then(() => this.closeText());
  }

  copyPicture(id: string): void {
    const panel = document.getElementById(id);
    const title = panel?.querySelector("h2")?.firstChild?.textContent ?? id;
    if (panel === null) return;
    const where = `${document.title}: ${ui.position(this.timeline.seq(this.player.index), this.timeline.before + this.timeline.count)}`;
    void this.copy(ui.picture(title), pictureOf(panel, `${title} · ${where}`));
  }

  copyTest(): void {
    const test = rustTest(this.player, this.run);
    if (test === null) this.notice(ui.copyTestNone);
    else void this.copy(ui.test, test);
  }

  private async copy(what: string, text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.notice(ui.copied(what));
    } catch {
      // A browser may forbid it: then the reader copies it.
      this.showText({ title: what, note: null, text });
    }
  }

  private notice(text: string): void {
    this.view.notice = text;
    this.draw();
  }

  // Comparing.

  async compareWith(file: File): Promise<void> {
    try {
      const others = timelinesOf(await recordingOf(file));
      const other = others[this.run];
      if (other === undefined) throw new TraceError(() => ui.runOf(others.length, others.length));
      this.others = others;
      this.view.compared = new Compared(file.name, this.timeline, other);
      this.notice("");
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      this.notice(ui.compareBad(file.name, error.message));
    }
  }

  private others: readonly Timeline[] = [];

  firstDifference(): void {
    const { compared } = this.view;
    if (compared === null || compared.first < 0) return;
    const here = compared.rows.slice(compared.first).find((row) => row.here !== NONE)?.here;
    this.goTo(here ?? this.timeline.count - 1);
  }

  stopComparing(): void {
    this.view.compared = null;
    this.draw();
  }

  openCompared(): void {
    const { seq } = this.player.timeline.record(Math.max(0, this.player.index));
    this.runs = this.others;
    this.view.selected = NOBODY;
    this.view.compared = null;
    this.playing.stop();
    this.drawMap();
    this.goToSeq(seq);
  }

  /** `null` as long as nobody has chosen: then it is the browser's. */
  private chosenLanguage: string | null = null;

  protected remember(): void {
    const parts = new URLSearchParams();
    if (this.run > 0) parts.set("r", String(this.run + 1));
    parts.set("e", String(this.timeline.seq(this.player.index)));
    if (this.view.selected !== NOBODY) parts.set("t", this.timeline.run.whos.label(this.view.selected));
    if (this.chosenLanguage !== null) parts.set("l", this.chosenLanguage);
    if (!this.view.playing) speakOf(parts);
  }

  /** Goes where the address says; to the first event if it says nothing. */
  recall(): void {
    forget();
    const parts = inAddress();
    const spoken = languageOf(parts.get("l") ?? "");
    if (spoken !== null) speak((this.chosenLanguage = spoken));
    const run = Number(parts.get("r") ?? 1) - 1;
    if (this.runs[run] !== undefined) this.run = run;
    this.view.selected = this.timeline.run.whos.find(parts.get("t") ?? "") ?? NOBODY;
    const seq = Number(parts.get("e"));
    this.player.goTo(parts.has("e") && Number.isFinite(seq) ? Math.max(0, this.timeline.index(seq)) : 0);
    this.draw();
    this.drawMap();
  }
}
