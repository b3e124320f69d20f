import type { PeerId } from "@beemesh/wire";
import type { Connection } from "@libp2p/interface";

export interface RosterOptions {
  readonly self: () => PeerId;
  readonly onConnected: (peer: PeerId, connection: Connection) => void;
  readonly onDisconnected: (peer: PeerId) => void;
  /** The peer is still connected, but what went over a closed connection must move. */
  readonly onMoved: (peer: PeerId, connection: Connection) => void;
}

/**
 * How long a connection that a newer one replaces is kept. Two machines that dial each other at
 * the same time would close each other's choice if both chose, so the lower peer ID closes, soon
 * enough to save memory and late enough for what is under way. The other side closes only what
 * has been left lying: a connection that its peer no longer has.
 */
const retireMs = { chooser: 1000, other: 10_000 };

/** For a connection to be closed in good order. */
const closeMsMax = 1000;

/** The admitted connections of each peer: the newest is the one to use. */
export class Roster {
  readonly #options: RosterOptions;
  readonly #connections = new Map<PeerId, Connection[]>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  /** The connection to use. */
  get(peer: PeerId): Connection | undefined {
    return this.#connections.get(peer)?.findLast(({ status }) => status === "open");
  }

  has(connection: Connection): boolean {
    return this.#connections.get(connection.remotePeer.toString())?.includes(connection) ?? false;
  }

  peers(): PeerId[] {
    return [...this.#connections.keys()];
  }

  /** Takes in a connection on which both sides have admitted each other. */
  add(connection: Connection): void {
    if (connection.status !== "open") return;
    const peer = connection.remotePeer.toString();
    const others = this.#connections.get(peer) ?? [];
    this.#connections.set(peer, [...others, connection]);
    connection.addEventListener("close", () => this.#remove(peer, connection), { once: true });
    if (others.length === 0) this.#options.onConnected(peer, connection);
    else this.#retireLater(peer, others);
  }

  /** Stops what it has planned. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #remove(peer: PeerId, connection: Connection): void {
    const rest = this.#connections.get(peer)?.filter((other) => other !== connection) ?? [];
    const newest = rest.at(-1);
    if (newest === undefined) {
      this.#connections.delete(peer);
      this.#options.onDisconnected(peer);
    } else {
      this.#connections.set(peer, rest);
      this.#options.onMoved(peer, newest);
    }
  }

  #retireLater(peer: PeerId, connections: readonly Connection[]): void {
    const delayMs = this.#options.self() < peer ? retireMs.chooser : retireMs.other;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const newest = this.get(peer);
      for (const connection of connections) if (connection !== newest) retire(connection);
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
  }
}

function retire(connection: Connection): void {
  connection.close({ signal: AbortSignal.timeout(closeMsMax) }).catch((error: unknown) => {
    connection.abort(error instanceof Error ? error : new Error("Cannot close connection"));
  });
}
