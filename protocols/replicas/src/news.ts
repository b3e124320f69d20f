import { newsMax } from "./limits.ts";
import type { Statement } from "./message.ts";

/** Each statement goes out a few times for every doubling of the group, as in the SWIM paper. */
const sendsPerDoubling = 3;

interface Item {
  readonly statement: Statement;
  sent: number;
}

/** What there is to pass on: one statement for each replica, the least told first. */
export class News {
  readonly #items = new Map<string, Item>();

  add(statement: Statement): void {
    this.#items.set(statement[0], { statement, sent: 0 });
  }

  forget(uid: string): void {
    this.#items.delete(uid);
  }

  /**
   * Statements for one message.
   *
   * @param size - Replicas in the group; what was told often enough for it is forgotten.
   * @param first - What the receiver must know before all others.
   */
  take(size: number, first: readonly Statement[]): readonly Statement[] {
    const sendsMax = sendsPerDoubling * Math.ceil(Math.log2(size + 2));
    const known = new Set(first.map(([uid]) => uid));
    const items = [...this.#items.values()]
      .filter(({ statement }) => !known.has(statement[0]))
      .toSorted((a, b) => a.sent - b.sent)
      .slice(0, newsMax - first.length);
    for (const item of items) {
      item.sent += 1;
      if (item.sent >= sendsMax) this.#items.delete(item.statement[0]);
    }
    return [...first, ...items.map(({ statement }) => statement)];
  }
}
