/** Tells events to whoever listens. A listener that fails does not keep them from the others. */
export class EventSource<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  /** How many listen. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Returns how to stop listening. */
  listen(listener: (event: Event) => void): () => void {
    const own = (event: Event): void => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Everybody hears it before the first failure, if there is one, is thrown in its own turn. */
  tell(event: Event): void {
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
