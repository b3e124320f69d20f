import type { Change } from "@beemesh/ports";

/** Tells listeners of changes, in order also when a listener causes further ones. */
export class Announcer {
  readonly #listeners = new Set<(change: Change) => void>();
  #untold: Change[] = [];
  #isTelling = false;

  /** Calls `listener` at every later change; returns how to stop that. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Tells all listeners, after what they have not been told yet. */
  tell(change: Change): void {
    this.#untold.push(change);
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      // The list grows while it is told.
      for (const untold of this.#untold) {
        for (const listener of this.#listeners) listener(untold);
      }
    } finally {
      this.#untold = [];
      this.#isTelling = false;
    }
  }
}
