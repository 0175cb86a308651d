// Going on by itself: through all events, or along a path of some of them.

/** Events a second; the last is one for each picture, or more if the run is long. */
export const SPEEDS = [0.5, 1, 2, 5, 20, 60];
/** At the highest speed no run takes longer than this. */
const LONGEST = 120;

export interface Steps {
  /** How many events there are. */
  readonly count: number;
  /** Whether there is nothing left, or a question has to be answered first. */
  readonly isOver: boolean;
  /** So many events further. */
  advance(events: number): void;
  goTo(index: number): void;
  /** Playing has begun, or ended. */
  changed(): void;
}

export class Playing {
  speed = 2;
  private timer: number | undefined;
  /** The events to be gone through, in order; `null` for all. */
  private path: number[] | null = null;

  constructor(private readonly steps: Steps) {}

  get isOn(): boolean {
    return this.timer !== undefined;
  }

  toggle(): void {
    if (this.isOn) this.stop();
    else this.start(null);
  }

  /** Goes to the first of these, and then to the others. */
  along(path: number[]): void {
    const [first, ...rest] = path;
    if (first === undefined) return;
    this.stop();
    this.steps.goTo(first);
    if (rest.length > 0) this.start(rest);
  }

  setSpeed(which: number): void {
    this.speed = which;
    if (this.isOn) this.start(this.path);
    else this.steps.changed();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.path = null;
    this.steps.changed();
  }

  private start(path: number[] | null): void {
    clearInterval(this.timer);
    this.path = path;
    const rate = SPEEDS[this.speed] ?? 2;
    this.timer = window.setInterval(() => this.tick(rate), 1_000 / rate);
    this.steps.changed();
  }

  private tick(rate: number): void {
    const next = this.path?.shift();
    if (next !== undefined) {
      this.steps.goTo(next);
      if (this.path?.length === 0) this.stop();
    } else if (this.steps.isOver) {
      this.stop();
    } else {
      const isFastest = this.speed === SPEEDS.length - 1;
      this.steps.advance(isFastest ? Math.max(1, Math.ceil(this.steps.count / (LONGEST * rate))) : 1);
    }
  }
}
