import type { Disk } from "@beemesh/ports";
import { type Entry, entryKey } from "@beemesh/wire";

/** How often what the disk refused is offered to it again, in milliseconds. */
const againMs = 1000;

/**
 * A disk that does not throw when it is full: what it refuses waits in memory and is written when
 * there is room again. Whoever makes a promise that rests on a write looks at {@link isBehind}.
 *
 * What waits is bounded by what the machine holds anyway: one version of each entry.
 */
export class PatientDisk implements Disk {
  readonly #disk: Disk;
  readonly #entries = new Map<string, Entry>();
  readonly #drops = new Set<string>();
  readonly #notes = new Map<string, string>();
  #failure = "";
  #timer: NodeJS.Timeout | undefined;
  /** Told why the disk refuses, once for each reason; and `""` when all that waited is written. */
  onTrouble: (failure: string) => void = () => undefined;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Why the disk refuses; empty if it takes everything. */
  get failure(): string {
    return this.#failure;
  }

  /** Whether something is held in memory alone. */
  get isBehind(): boolean {
    return this.#failure !== "";
  }

  load(): Iterable<Entry> {
    return this.#disk.load();
  }

  save(entries: readonly Entry[]): void {
    this.collect(entries, []);
    this.flush();
  }

  drop(keys: readonly string[]): void {
    this.collect([], keys);
    this.flush();
  }

  /** Takes entries to save and keys to drop, in memory; {@link flush} writes them. */
  collect(entries: readonly Entry[], keys: readonly string[]): void {
    for (const entry of entries) {
      const key = entryKey(entry);
      this.#entries.set(key, entry);
      this.#drops.delete(key);
    }
    for (const key of keys) {
      this.#entries.delete(key);
      this.#drops.add(key);
    }
  }

  get(name: string): string | undefined {
    return this.#notes.get(name) ?? this.#disk.get(name);
  }

  set(name: string, value: string): void {
    this.#notes.set(name, value);
    this.flush();
  }

  /** Tries once more, and lets go of the disk. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
    this.#disk.close();
  }

  /** Writes what was collected, or what the disk has refused before. */
  flush(): void {
    clearTimeout(this.#timer);
    try {
      this.#writeAll();
      this.#say("");
    } catch (error) {
      this.#timer = setTimeout(() => this.flush(), againMs);
      this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  /** Notes first: entries rest on them, such as on the highest revision that was promised. */
  #writeAll(): void {
    for (const [name, value] of this.#notes) {
      this.#disk.set(name, value);
      this.#notes.delete(name);
    }
    if (this.#drops.size > 0) this.#disk.drop([...this.#drops]);
    this.#drops.clear();
    if (this.#entries.size > 0) this.#disk.save([...this.#entries.values()]);
    this.#entries.clear();
  }

  #say(failure: string): void {
    if (failure === this.#failure) return;
    this.#failure = failure;
    this.onTrouble(failure);
  }
}
