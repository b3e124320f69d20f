/** Several values for each key, each once; keys without values take no room. */
export class MultiMap<Key, Value> {
  readonly #sets = new Map<Key, Set<Value>>();

  get(key: Key): ReadonlySet<Value> {
    return this.#sets.get(key) ?? new Set();
  }

  add(key: Key, value: Value): void {
    const set = this.#sets.get(key) ?? new Set();
    set.add(value);
    this.#sets.set(key, set);
  }

  delete(key: Key, value: Value): void {
    const set = this.#sets.get(key);
    set?.delete(value);
    if (set?.size === 0) this.#sets.delete(key);
  }

  keys(): Iterable<Key> {
    return this.#sets.keys();
  }

  /** Keys that have values. */
  get size(): number {
    return this.#sets.size;
  }
}
