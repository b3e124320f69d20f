import type { Instant } from "@beemesh/base";
import type { Json, PeerId } from "@beemesh/wire";
import type { Stream } from "@libp2p/interface";
import type { Counters } from "./counters.ts";
import { encodeMessage, Inbox } from "./inbox.ts";
import { Line } from "./line.ts";
import type { LinkLimits } from "./options.ts";

export interface MessengerOptions {
  readonly limits: LinkLimits;
  readonly counters: Counters;
  readonly now: () => Instant;
  /** Opens a stream to a peer; undefined while it is not connected. */
  readonly open: (peer: PeerId) => Promise<Stream> | undefined;
  readonly onMessage: (from: PeerId, message: Json) => void;
  readonly onFault: (peer: PeerId, reason: string, points: number) => void;
  readonly onStalled: (peer: PeerId) => void;
}

/** Peers that messages wait for; more would let a caller fill the memory by naming peers. */
const linesMax = 8192;

/** Direct messages: one line to each peer, one inbox from each. */
export class Messenger {
  readonly #options: MessengerOptions;
  readonly #lines = new Map<PeerId, Line>();
  readonly #inboxes = new Map<PeerId, Inbox>();

  constructor(options: MessengerOptions) {
    this.#options = options;
  }

  send(to: PeerId, message: Json): void {
    const { counters, limits } = this.#options;
    const body = encodeMessage(message, limits.messageBytesMax);
    if (body === undefined) counters.dropped += 1;
    else this.#lineTo(to).send(body);
  }

  /** Takes a stream of messages that an admitted peer has opened. */
  accept(peer: PeerId, stream: Stream): void {
    this.#inboxFrom(peer).attach(stream);
  }

  rttMsOf(peer: PeerId): number | undefined {
    return this.#lines.get(peer)?.rttMs;
  }

  onConnected(peer: PeerId): void {
    this.#lines.get(peer)?.pump();
  }

  /** The peer's connection has changed: go on over the new one. */
  onMoved(peer: PeerId): void {
    this.#lines.get(peer)?.reset();
    this.#lines.get(peer)?.pump();
  }

  onDisconnected(peer: PeerId): void {
    this.#lines.get(peer)?.reset();
    this.#lines.delete(peer);
    this.#inboxes.delete(peer);
  }

  close(): void {
    for (const line of this.#lines.values()) line.reset();
    this.#lines.clear();
  }

  #lineTo(peer: PeerId): Line {
    const known = this.#lines.get(peer);
    if (known !== undefined) return known;
    const { limits, counters, now, open, onStalled } = this.#options;
    const line = new Line({
      limits,
      counters,
      now,
      open: () => open(peer),
      onStalled: () => onStalled(peer),
    });
    const [oldest] = this.#lines.keys();
    if (this.#lines.size >= linesMax && oldest !== undefined) this.#lines.delete(oldest);
    this.#lines.set(peer, line);
    return line;
  }

  /** One for all streams of a peer, so that more streams do not mean a higher rate. */
  #inboxFrom(peer: PeerId): Inbox {
    const known = this.#inboxes.get(peer);
    if (known !== undefined) return known;
    const { limits, counters, now, onMessage, onFault } = this.#options;
    const inbox = new Inbox({
      limits,
      counters,
      now,
      onMessage: (message) => onMessage(peer, message),
      onHeard: () => this.#lines.get(peer)?.heard(),
      onFault: (reason, points) => onFault(peer, reason, points),
    });
    this.#inboxes.set(peer, inbox);
    return inbox;
  }
}
