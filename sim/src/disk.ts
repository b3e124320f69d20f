import { type Entry, entryKey } from "@beemesh/wire";

/** What a machine has on disk: exactly what it was told to keep, and nothing that it was not. */
export class SimulatedDisk {
  readonly #entries = new Map<string, Entry>();
  readonly #notes = new Map<string, string>();

  /** Everything saved, in no order. */
  get entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** What is saved under a key. */
  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  get notes(): ReadonlyMap<string, string> {
    return this.#notes;
  }

  save(entries: readonly Entry[]): void {
    for (const entry of entries) this.#entries.set(entryKey(entry), entry);
  }

  drop(keys: readonly string[]): void {
    for (const key of keys) this.#entries.delete(key);
  }

  note(name: string, value: string): void {
    this.#notes.set(name, value);
  }

  /** The disk is lost: the machine comes back as if it were new. */
  wipe(): void {
    this.#entries.clear();
    this.#notes.clear();
  }
}
