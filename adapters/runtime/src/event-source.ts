import type { RuntimeEvent } from "@beemesh/ports";

/** Tells events to whoever listens. A listener that fails does not keep them from the others. */
export class EventSource {
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();

  /** Returns how to stop listening. */
  listen(listener: (event: RuntimeEvent) => void): () => void {
    const own = (event: RuntimeEvent): void => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Everybody hears it before the first failure, if there is one, is thrown in its own turn. */
  tell(event: RuntimeEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  close(): void {
    this.#listeners.clear();
  }
}
