import type { Instant } from "@beemesh/base";
import type { Json, PeerId } from "@beemesh/wire";
import { type GossipSub, type Message, TopicValidatorResult } from "@libp2p/gossipsub";
import type { Counters } from "./counters.ts";
import { decodeMessage, encodeMessage } from "./inbox.ts";
import type { LinkLimits } from "./options.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface GossipOptions {
  readonly pubsub: GossipSub;
  readonly limits: LinkLimits;
  readonly counters: Counters;
  readonly now: () => Instant;
  readonly isMember: (peer: PeerId) => boolean;
  readonly onBroadcast: (from: PeerId, topic: string, message: Json) => void;
  readonly onFault: (peer: PeerId, reason: string, points: number) => void;
}

/** What a message that no honest peer passes on costs the peer that did. */
const invalidPoints = 20;

/** Pub/sub by members, among members. */
export class Gossip {
  readonly #options: GossipOptions;
  readonly #buckets = new Map<PeerId, TokenBucket>();
  /** What the validator has read, for the listener that comes after it. */
  readonly #decoded = new WeakMap<Message, Json>();

  constructor(options: GossipOptions) {
    this.#options = options;
    options.pubsub.addEventListener("message", ({ detail }) => this.#onMessage(detail));
  }

  publish(topic: string, message: Json): void {
    const { counters, limits } = this.#options;
    const body = encodeMessage(message, limits.messageBytesMax);
    if (body === undefined) counters.dropped += 1;
    // It counts what fails, and does not reject.
    else void this.#publish(topic, body);
  }

  subscribe(topic: string): void {
    this.#options.pubsub.topicValidators.set(topic, (via, message) =>
      this.#validate(via.toString(), message),
    );
    this.#options.pubsub.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#options.pubsub.unsubscribe(topic);
    this.#options.pubsub.topicValidators.delete(topic);
  }

  onDisconnected(peer: PeerId): void {
    this.#buckets.delete(peer);
  }

  async #publish(topic: string, body: Uint8Array): Promise<void> {
    const { counters, pubsub } = this.#options;
    try {
      await pubsub.publish(topic, body);
      counters.published += 1;
    } catch {
      counters.dropped += 1;
    }
  }

  /** Judges a message before it is passed on: `via` answers for what it passed to us. */
  #validate(via: PeerId, message: Message): TopicValidatorResult {
    const { counters, isMember, limits, onFault } = this.#options;
    if (message.type !== "signed" || !isMember(message.from.toString())) {
      counters.foreign += 1;
      return TopicValidatorResult.Ignore;
    }
    if (!this.#isWithinRate(via)) {
      counters.throttled += 1;
      onFault(via, "too many broadcasts", 1);
      return TopicValidatorResult.Ignore;
    }
    const decoded = decodeMessage(message.data, limits.messageBytesMax);
    if (decoded === undefined) {
      counters.malformed += 1;
      onFault(via, "broadcast malformed", invalidPoints);
      return TopicValidatorResult.Reject;
    }
    this.#decoded.set(message, decoded);
    return TopicValidatorResult.Accept;
  }

  #isWithinRate(via: PeerId): boolean {
    const { limits, now } = this.#options;
    const known = this.#buckets.get(via);
    const bucket = known ?? new TokenBucket(limits.rate, now());
    if (known === undefined) this.#buckets.set(via, bucket);
    return bucket.take(1, now());
  }

  #onMessage(message: Message): void {
    const decoded = this.#decoded.get(message);
    if (decoded === undefined || message.type !== "signed") return;
    this.#options.counters.heard += 1;
    this.#options.onBroadcast(message.from.toString(), message.topic, decoded);
  }
}
