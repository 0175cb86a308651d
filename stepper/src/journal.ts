// State that can go back. It is held in cells and tables of values that are never changed, only replaced; each keeps
// what it replaced. So a step backwards writes the former values, and costs what the step forwards did.

interface Undoable {
  undo(): void;
  forget(count: number): void;
}

/** Notes what has changed, in order. */
export class Journal {
  private changes: Undoable[] = [];
  /** Where in `changes` each step begins. */
  private steps: number[] = [];

  /** What is changed from now on belongs to a new step. */
  begin(): void {
    this.steps.push(this.changes.length);
  }

  note(changed: Undoable): void {
    this.changes.push(changed);
  }

  /** How many steps can be undone. */
  get length(): number {
    return this.steps.length;
  }

  undo(): void {
    const start = this.steps.pop() ?? 0;
    while (this.changes.length > start) this.changes.pop()!.undo();
  }

  /** Forgets all but the last so many steps. */
  keep(count: number): void {
    const dropped = this.steps.length - count;
    if (dropped <= 0) return;
    const start = this.steps[dropped] ?? this.changes.length;
    const counts = new Map<Undoable, number>();
    for (const changed of this.changes.slice(0, start)) counts.set(changed, (counts.get(changed) ?? 0) + 1);
    for (const [changed, times] of counts) changed.forget(times);
    this.changes = this.changes.slice(start);
    this.steps = this.steps.slice(dropped).map((step) => step - start);
  }
}

export class Cell<V> implements Undoable {
  private former: V[] = [];

  constructor(
    private readonly journal: Journal,
    private current: V,
  ) {}

  get value(): V {
    return this.current;
  }

  set value(value: V) {
    this.former.push(this.current);
    this.journal.note(this);
    this.current = value;
  }

  undo(): void {
    this.current = this.former.pop()!;
  }

  forget(count: number): void {
    this.former = this.former.slice(count);
  }
}

export class Table<K, V> implements Undoable {
  private readonly rows = new Map<K, V>();
  private former: Array<[K, V | undefined]> = [];

  constructor(private readonly journal: Journal) {}

  get size(): number {
    return this.rows.size;
  }

  get(key: K): V | undefined {
    return this.rows.get(key);
  }

  has(key: K): boolean {
    return this.rows.has(key);
  }

  keys(): IterableIterator<K> {
    return this.rows.keys();
  }

  entries(): IterableIterator<[K, V]> {
    return this.rows.entries();
  }

  set(key: K, value: V): void {
    this.former.push([key, this.rows.get(key)]);
    this.journal.note(this);
    this.rows.set(key, value);
  }

  delete(key: K): void {
    if (!this.rows.has(key)) return;
    this.former.push([key, this.rows.get(key)]);
    this.journal.note(this);
    this.rows.delete(key);
  }

  undo(): void {
    const [key, value] = this.former.pop()!;
    if (value === undefined) this.rows.delete(key);
    else this.rows.set(key, value);
  }

  forget(count: number): void {
    this.former = this.former.slice(count);
  }
}
