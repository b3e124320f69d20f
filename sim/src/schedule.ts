/**
 * What is to happen and when: a binary heap of items by time, those of one moment in the order
 * in which they were planned.
 *
 * Times, orders and items lie in arrays of their own, so that planning allocates nothing.
 */
export class Schedule<Item> {
  #times: number[] = [];
  #orders: number[] = [];
  #items: Item[] = [];
  #order = 0;

  get size(): number {
    return this.#items.length;
  }

  /** When the next item is due; infinity if there is none. */
  get nextMs(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  plan(atMs: number, item: Item): void {
    this.#order += 1;
    let index = this.#items.length;
    const order = this.#order;
    // The new item rises: what is later moves down into the gap.
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if ((this.#times[parent] ?? 0) <= atMs) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#set(index, { atMs, order, item });
  }

  /** Takes the next item out; undefined if there is none. */
  take(): Item | undefined {
    const first = this.#items[0];
    const atMs = this.#times.pop();
    const order = this.#orders.pop();
    const item = this.#items.pop();
    if (atMs === undefined || order === undefined || item === undefined) return undefined;
    if (this.#items.length > 0) this.#sink({ atMs, order, item });
    return first;
  }

  /** Puts the last item in place of the first: what is earlier moves up into the gap. */
  #sink(last: { readonly atMs: number; readonly order: number; readonly item: Item }): void {
    const size = this.#items.length;
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && this.#isEarlier(child + 1, child)) child += 1;
      const time = this.#times[child] ?? 0;
      if (time > last.atMs || (time === last.atMs && (this.#orders[child] ?? 0) > last.order))
        break;
      this.#move(child, index);
      index = child;
    }
    this.#set(index, last);
  }

  #isEarlier(a: number, b: number): boolean {
    const difference = (this.#times[a] ?? 0) - (this.#times[b] ?? 0);
    return difference < 0 || (difference === 0 && (this.#orders[a] ?? 0) < (this.#orders[b] ?? 0));
  }

  #move(from: number, to: number): void {
    const item = this.#items[from];
    if (item === undefined) return;
    this.#set(to, { atMs: this.#times[from] ?? 0, order: this.#orders[from] ?? 0, item });
  }

  #set(
    index: number,
    { atMs, order, item }: { readonly atMs: number; readonly order: number; readonly item: Item },
  ): void {
    this.#times[index] = atMs;
    this.#orders[index] = order;
    this.#items[index] = item;
  }
}
