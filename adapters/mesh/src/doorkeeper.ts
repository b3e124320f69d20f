import { BeeError, elapsedMs, type Instant } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import type { Connection, Stream, StreamMiddleware } from "@libp2p/interface";
import type { Counters } from "./counters.ts";
import { openChannel } from "./frame-channel.ts";
import {
  admit,
  type Door,
  type HandshakeResult,
  handshakeBytesMax,
  type Introduction,
  knock,
} from "./handshake.ts";
import type { Registrar } from "./node.ts";
import { protocolOf } from "./options.ts";

export interface DoorkeeperOptions {
  readonly admissionMsMax: number;
  readonly counters: Counters;
  readonly now: () => Instant;
  readonly door: (connection: Connection) => Door;
  readonly onAdmitted: (connection: Connection, introductions: readonly Introduction[]) => void;
  readonly onRefused: (peer: PeerId, by: "us" | "them", reason: string) => void;
}

/** The protocol of the admission. */
export const admitProtocol = protocolOf("admit");

/** How long a peer that was refused is not dialled, nor let in to be judged again. */
const foreignMs = 30_000;

/** Refused peers that are remembered: whoever makes keys up costs us no more than this. */
const foreignMax = 1024;

interface Guest {
  /** Its certificate is good: it may speak, though it may not know so yet. */
  isJudged: boolean;
  readonly admitted: PromiseWithResolvers<void>;
}

/**
 * Lets only members in. On each connection both sides show their certificates first; until then
 * the connection carries no other protocol, in either direction, and if the admission fails or
 * takes too long, it is closed.
 */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #guests = new WeakMap<Connection, Guest>();
  readonly #foreign = new Map<PeerId, Instant>();

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
  }

  /** Takes its place between connections and protocols; before the node is started. */
  async install(registrar: Registrar): Promise<void> {
    const gate: StreamMiddleware = (stream, connection, next) => {
      if (this.#guests.get(connection)?.isJudged === true) next(stream, connection);
      else this.#onIntrusion(connection);
    };
    // Not by registrar.use(): of libp2p 3.3 it gives out its own list, to which the connection
    // adds its handler at every stream. A fresh list each time is what is meant.
    registrar.getMiddleware = (protocol) => (protocol === admitProtocol ? [] : [gate]);
    await registrar.handle(
      admitProtocol,
      (stream, connection) => this.#onKnock(stream, connection),
      {
        maxInboundStreams: 1,
        maxOutboundStreams: 1,
      },
    );
  }

  /** Begins with a connection that has just opened. */
  receive(connection: Connection): void {
    const guest: Guest = { isJudged: false, admitted: Promise.withResolvers<void>() };
    // Whoever waits hears of it; nobody need wait.
    guest.admitted.promise.catch(() => undefined);
    this.#guests.set(connection, guest);
    this.#holdBack(connection, guest);
    const timer = setTimeout(() => this.#onTooLate(connection), this.#options.admissionMsMax);
    timer.unref();
    const end = (): void => clearTimeout(timer);
    guest.admitted.promise.then(end, end);
    connection.addEventListener("close", () => guest.admitted.reject(notAdmitted()), {
      once: true,
    });
    if (connection.direction === "outbound") this.#knock(connection, guest);
  }

  /** Resolves when both sides have admitted each other; rejects if the connection closes first. */
  admitted(connection: Connection): Promise<void> {
    return this.#guests.get(connection)?.admitted.promise ?? Promise.reject(notAdmitted());
  }

  /** Whether a peer was refused of late. */
  isForeign(peer: PeerId): boolean {
    const refusedAt = this.#foreign.get(peer);
    if (refusedAt === undefined) return false;
    if (elapsedMs(refusedAt, this.#options.now()) < foreignMs) return true;
    this.#foreign.delete(peer);
    return false;
  }

  /** Own streams wait for the admission: the other side would take them for an intrusion. */
  #holdBack(connection: Connection, guest: Guest): void {
    const open = connection.newStream.bind(connection);
    connection.newStream = async (protocols, options) => {
      if (protocols !== admitProtocol) await guest.admitted.promise;
      return open(protocols, options);
    };
  }

  #knock(connection: Connection, guest: Guest): void {
    const talk = async (): Promise<void> => {
      const stream = await connection.newStream(admitProtocol);
      const channel = openChannel(stream, handshakeBytesMax);
      const result = await knock(channel, this.#options.door(connection));
      guest.isJudged = result.kind === "admitted";
      await this.#conclude(connection, guest, stream, result);
    };
    talk().catch((error: unknown) => fail(connection, error));
  }

  async #onKnock(stream: Stream, connection: Connection): Promise<void> {
    const guest = this.#guests.get(connection);
    if (guest === undefined || guest.isJudged || connection.direction === "outbound") {
      this.#onIntrusion(connection);
    }
    try {
      const channel = openChannel(stream, handshakeBytesMax);
      const result = await admit(channel, this.#options.door(connection), () => {
        if (guest !== undefined) guest.isJudged = true;
      });
      if (guest !== undefined) await this.#conclude(connection, guest, stream, result);
    } catch (error) {
      fail(connection, error);
    }
  }

  async #conclude(
    connection: Connection,
    guest: Guest,
    stream: Stream,
    result: HandshakeResult,
  ): Promise<void> {
    if (result.kind === "admitted") {
      this.#options.onAdmitted(connection, result.introductions);
      guest.admitted.resolve();
      await stream.close();
      return;
    }
    const peer = connection.remotePeer.toString();
    guest.isJudged = false;
    this.#options.counters.refused += 1;
    this.#noteForeign(peer);
    this.#options.onRefused(peer, result.by, result.reason);
    // In good order, so that the other side hears why.
    await connection.close();
  }

  #onTooLate(connection: Connection): void {
    this.#options.counters.refused += 1;
    this.#options.onRefused(connection.remotePeer.toString(), "us", "no certificate in time");
    fail(connection, notAdmitted());
  }

  #onIntrusion(connection: Connection): never {
    this.#options.counters.intrusions += 1;
    this.#noteForeign(connection.remotePeer.toString());
    const error = new BeeError("peer-not-admitted", "Cannot serve peer: it is not admitted");
    fail(connection, error);
    throw error;
  }

  #noteForeign(peer: PeerId): void {
    this.#foreign.delete(peer);
    this.#foreign.set(peer, this.#options.now());
    const [oldest] = this.#foreign.keys();
    if (this.#foreign.size > foreignMax && oldest !== undefined) this.#foreign.delete(oldest);
  }
}

function notAdmitted(): BeeError {
  return new BeeError("peer-not-admitted", "Cannot use connection: the peer was not admitted");
}

function fail(connection: Connection, error: unknown): void {
  connection.abort(error instanceof Error ? error : new Error("Admission failed"));
}
