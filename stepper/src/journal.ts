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

export class Table<K extends number, V> implements Undoable {
  private readonly rows = new Map<K, V>();
  private former: Array<[K, V | undefined]> = [];
  /** The keys by rank; `null` as long as nobody has asked for them. */
  private order: K[] | null = null;

  /** What has the lower rank comes first; of the same rank, the lower key. */
  constructor(
    private readonly journal: Journal,
    private readonly rank: (value: V) => number = () => 0,
  ) {}

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

  /** The keys in order. Once asked for, it is kept up to date: that costs less than to sort a large table anew. */
  sorted(): readonly K[] {
    this.order ??= [...this.rows.keys()].sort((a, b) => this.compare(a, this.rankOf(a), b));
    return this.order;
  }

  set(key: K, value: V): void {
    this.former.push([key, this.rows.get(key)]);
    this.journal.note(this);
    this.put(key, value);
  }

  delete(key: K): void {
    if (!this.rows.has(key)) return;
    this.former.push([key, this.rows.get(key)]);
    this.journal.note(this);
    this.put(key, undefined);
  }

  undo(): void {
    this.put(...this.former.pop()!);
  }

  private put(key: K, value: V | undefined): void {
    const former = this.rows.get(key);
    const hasMoved = former === undefined || value === undefined || this.rank(former) !== this.rank(value);
    if (former !== undefined && hasMoved) this.order?.splice(this.placeOf(key, former), 1);
    if (value !== undefined && hasMoved) this.order?.splice(this.placeOf(key, value), 0, key);
    if (value === undefined) this.rows.delete(key);
    else this.rows.set(key, value);
  }

  /** Where a key with this value stands among the others, or would. */
  private placeOf(key: K, value: V): number {
    const order = this.order ?? [];
    const rank = this.rank(value);
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(key, rank, order[middle]!) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private compare(key: K, rank: number, other: K): number {
    const [mine, its] = [rank, this.rankOf(other)];
    return mine === its ? key - other : mine < its ? -1 : 1;
  }

  private rankOf(key: K): number {
    return this.rank(this.rows.get(key)!);
  }

  forget(count: number): void {
    this.former = this.former.slice(count);
  }
}
