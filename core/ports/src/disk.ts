import type { Entry } from "@beemesh/wire";

/**
 * Where a machine keeps entries and small facts. `save` returns when a power cut cannot undo it;
 * a save is whole or not at all.
 */
export interface Disk {
  /** Everything saved, in no order. */
  load(): Iterable<Entry>;
  /** Replaces the entries with the same keys. Throws BeeError `disk-full` or `disk-failed`. */
  save(entries: readonly Entry[]): void;
  /** Forgets entries, by key. */
  drop(keys: readonly string[]): void;
  /** A small fact, such as the last revision handed out. */
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  close(): void;
}
