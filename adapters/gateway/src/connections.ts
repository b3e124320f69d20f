/** What a connection can be told: to end kindly, or now. */
export interface Connection {
  close(): void;
  destroy(): void;
}

interface Entry {
  busy: number;
  served: boolean;
  /** When it was opened, or last had something open. */
  sinceMs: number;
}

/** Knows the open connections, and closes those that nobody uses. */
export class Connections {
  readonly #entries = new Map<Connection, Entry>();
  readonly #limits: { readonly firstRequestMsMax: number; readonly idleMsMax: number };
  readonly #sweeper: NodeJS.Timeout;

  constructor(limits: { readonly firstRequestMsMax: number; readonly idleMsMax: number }) {
    this.#limits = limits;
    const shortestMs = Math.min(limits.firstRequestMsMax, limits.idleMsMax);
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), shortestMs / 4);
    this.#sweeper.unref();
  }

  get size(): number {
    return this.#entries.size;
  }

  add(connection: Connection): void {
    this.#entries.set(connection, { busy: 0, served: false, sinceMs: performance.now() });
  }

  remove(connection: Connection): void {
    this.#entries.delete(connection);
  }

  /** Marks a connection as used, until the returned function is called. */
  use(connection: Connection): () => void {
    const entry = this.#entries.get(connection);
    if (entry === undefined) return () => undefined;
    entry.busy += 1;
    entry.served = true;
    return () => {
      entry.busy -= 1;
      entry.sinceMs = performance.now();
    };
  }

  /** Asks all to end when what is open on them is done; those with nothing open end now. */
  closeAll(): void {
    for (const [connection, { busy }] of this.#entries) {
      connection.close();
      if (busy === 0) connection.destroy();
    }
  }

  /** Ends all, and the sweeping. */
  destroyAll(): void {
    clearInterval(this.#sweeper);
    for (const connection of this.#entries.keys()) connection.destroy();
  }

  #sweep(nowMs: number): void {
    for (const [connection, { busy, served, sinceMs }] of this.#entries) {
      const idleMsMax = served ? this.#limits.idleMsMax : this.#limits.firstRequestMsMax;
      if (busy === 0 && nowMs - sinceMs > idleMsMax) connection.destroy();
    }
  }
}
