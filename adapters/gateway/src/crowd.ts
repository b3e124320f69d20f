/** Counts who is inside, by name, and lets nobody in beyond a number for each. */
export class Crowd {
  readonly #eachMax: number;
  readonly #inside = new Map<string, number>();

  constructor(eachMax: number) {
    this.#eachMax = eachMax;
  }

  /** How many are inside, of all names. */
  get size(): number {
    let size = 0;
    for (const count of this.#inside.values()) size += count;
    return size;
  }

  /** Lets one more in. @returns How to leave, harmless twice; undefined if it is full. */
  enter(name: string): (() => void) | undefined {
    const count = this.#inside.get(name) ?? 0;
    if (count >= this.#eachMax) return undefined;
    this.#inside.set(name, count + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const now = (this.#inside.get(name) ?? 1) - 1;
      if (now === 0) this.#inside.delete(name);
      else this.#inside.set(name, now);
    };
  }
}
