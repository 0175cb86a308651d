// Tasks, gathers and their children, numbered from 0 in the order in which the recording first names them: so they
// can stand in columns of numbers.

import { NOBODY, type Who } from "./schema.ts";

export class Whos {
  /** The number that the runtime gave it, or its gather. */
  readonly task: number[] = [];
  /** Which child of the gather; -1 for a task, and for the gather as a whole. */
  readonly child: number[] = [];
  private readonly wholes = new Map<number, Who>();
  private readonly children = new Map<number, Map<number, Who>>();

  get count(): number {
    return this.task.length;
  }

  whole(task: number): Who {
    const known = this.wholes.get(task);
    if (known !== undefined) return known;
    this.wholes.set(task, this.count);
    return this.add(task, -1);
  }

  childOf(task: number, child: number): Who {
    let family = this.children.get(task);
    if (family === undefined) this.children.set(task, (family = new Map()));
    const known = family.get(child);
    if (known !== undefined) return known;
    family.set(child, this.count);
    return this.add(task, child);
  }

  /** The task or gather with this number, and all children of it that were ever named. */
  *family(task: number): Generator<Who> {
    const whole = this.wholes.get(task);
    if (whole !== undefined) yield whole;
    yield* this.children.get(task)?.values() ?? [];
  }

  hasChildren(task: number): boolean {
    return this.children.has(task);
  }

  /** `7`, or `3[1]` for a child. */
  label(who: Who): string {
    if (who === NOBODY) return "?";
    const child = this.child[who];
    return child === undefined || child < 0 ? `${this.task[who]}` : `${this.task[who]}[${child}]`;
  }

  find(label: string): Who | undefined {
    const [, task, child] = /^(\d+)(?:\[(\d+)\])?$/.exec(label) ?? [];
    if (task === undefined) return undefined;
    return child === undefined ? this.wholes.get(Number(task)) : this.children.get(Number(task))?.get(Number(child));
  }

  private add(task: number, child: number): Who {
    this.task.push(task);
    return this.child.push(child) - 1;
  }
}
