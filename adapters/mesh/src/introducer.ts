import type { PeerId } from "@beemesh/wire";
import type { Connection } from "@libp2p/interface";

export interface IntroducerOptions {
  /** Asks the other side what it speaks, and tells the services of libp2p about it. */
  readonly identify: (connection: Connection) => Promise<unknown>;
  readonly connections: () => readonly Connection[];
}

/** How often it looks after the streams of pub/sub. That alone sends nothing. */
const checkMs = 2000;

/** Pub/sub's protocols begin with this. */
const gossipPrefix = "/meshsub/";

/**
 * Makes libp2p's services known to each other on connections that were admitted. Pub/sub opens
 * its stream to a peer when it is introduced, and not again if that stream ends, be it with one
 * of two connections or because the peer was too slow; so it is introduced again.
 */
export class Introducer {
  readonly #options: IntroducerOptions;
  readonly #busy = new Set<PeerId>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: IntroducerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.check(), checkMs);
    this.#timer.unref();
  }

  introduce(connection: Connection): void {
    const peer = connection.remotePeer.toString();
    if (this.#busy.has(peer)) return;
    this.#busy.add(peer);
    this.#options
      .identify(connection)
      // The next check tries again.
      .catch(() => undefined)
      .finally(() => this.#busy.delete(peer));
  }

  /** Introduces whoever has no stream of pub/sub. */
  check(): void {
    for (const connection of this.#options.connections()) {
      const isServed = connection.streams.some(
        ({ direction, protocol }) => direction === "outbound" && protocol.startsWith(gossipPrefix),
      );
      if (!isServed) this.introduce(connection);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
