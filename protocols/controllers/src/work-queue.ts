import { after, type Instant } from "@beemesh/base";

/** Between two looks at a key: a ReplicaSet changes with each of its pods. In milliseconds. */
export const restMs = 50;

/** Keys whose rest is remembered before those that have rested are forgotten. */
const restingMax = 4096;

/**
 * Keys of what is to be looked at: those that changed at once, unless they were looked at only
 * just now, the others when their time comes. A key is in it once; an earlier time wins. A binary
 * heap orders the later ones.
 */
export class WorkQueue {
  readonly #changed = new Set<string>();
  readonly #at = new Map<string, Instant>();
  /** Until when a key that was looked at is left alone, the first to be free first. */
  readonly #resting = new Map<string, Instant>();
  /** May hold stale pairs: one counts only if it agrees with `#at`. */
  #heap: { readonly key: string; readonly at: Instant }[] = [];

  get hasChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** When the next of the later keys is due. */
  get nextAt(): Instant | undefined {
    this.#dropStale();
    return this.#heap[0]?.at;
  }

  changed(key: string): void {
    this.#changed.add(key);
  }

  later(key: string, at: Instant): void {
    const known = this.#at.get(key);
    if (known !== undefined && known <= at) return;
    this.#at.set(key, at);
    this.#heap.push({ key, at });
    this.#rise(this.#heap.length - 1);
    if (this.#heap.length > 2 * this.#at.size + staleMax) this.#rebuild();
  }

  /** Takes out the changed keys and those that are due, at most `count`. */
  take(at: Instant, count: number): string[] {
    const taken: string[] = [];
    for (const key of this.#changed) {
      if (taken.length >= count) return taken;
      this.#changed.delete(key);
      const restsUntil = this.#resting.get(key);
      if (restsUntil !== undefined && restsUntil > at) {
        this.later(key, restsUntil);
        continue;
      }
      this.#at.delete(key);
      taken.push(key);
    }
    while (taken.length < count) {
      const nextAt = this.nextAt;
      if (nextAt === undefined || nextAt > at) return taken;
      const key = this.#pop();
      this.#at.delete(key);
      taken.push(key);
    }
    return taken;
  }

  /** A key was looked at: for a while its changes are gathered. */
  rest(key: string, at: Instant): void {
    this.#resting.delete(key);
    this.#resting.set(key, after(at, restMs));
    if (this.#resting.size <= restingMax) return;
    for (const [rested, until] of this.#resting) {
      if (until > at) return;
      this.#resting.delete(rested);
    }
  }

  #dropStale(): void {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#at.get(top.key) === top.at) return;
      this.#pop();
    }
  }

  #rebuild(): void {
    this.#heap = [...this.#at].map(([key, at]) => ({ key, at })).toSorted((a, b) => a.at - b.at);
  }

  #pop(): string {
    const [top] = this.#heap;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return top?.key ?? "";
  }

  #rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#timeAt(parent) <= this.#timeAt(index)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const child = this.#timeAt(left + 1) < this.#timeAt(left) ? left + 1 : left;
      if (this.#timeAt(child) >= this.#timeAt(index)) return;
      this.#swap(index, child);
      index = child;
    }
  }

  #timeAt(index: number): number {
    return this.#heap[index]?.at ?? Infinity;
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}

/** Stale pairs that are put up with before the heap is made anew. */
const staleMax = 64;
