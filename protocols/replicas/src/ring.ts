import type { Random } from "@beemesh/base";

/**
 * The order in which one replica probes the others: shuffled, so that two do not probe the same,
 * and gone round, so that each is probed once in every round.
 */
export class Ring {
  readonly #random: Random;
  readonly #uids: string[] = [];
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  add(uid: string): void {
    const index = this.#random.below(this.#uids.length + 1);
    this.#uids.splice(index, 0, uid);
    if (index < this.#next) this.#next += 1;
  }

  remove(uid: string): void {
    const index = this.#uids.indexOf(uid);
    if (index < 0) return;
    this.#uids.splice(index, 1);
    if (index < this.#next) this.#next -= 1;
  }

  /** Whose turn it is; undefined if there is nobody. */
  next(): string | undefined {
    if (this.#next >= this.#uids.length) this.#next = 0;
    const uid = this.#uids[this.#next];
    this.#next += 1;
    return uid;
  }

  /** Up to so many of those that fit, by chance. */
  some(count: number, fits: (uid: string) => boolean): readonly string[] {
    const fitting = this.#uids.filter((uid) => fits(uid));
    const chosen: string[] = [];
    while (chosen.length < count && fitting.length > 0) {
      chosen.push(...fitting.splice(this.#random.below(fitting.length), 1));
    }
    return chosen;
  }
}
