import { elapsedMs, type Instant } from "@beemesh/base";

export interface OutboxLimits {
  readonly queueBytesMax: number;
  readonly queueMessagesMax: number;
  readonly queueAgeMsMax: number;
}

interface Waiting {
  readonly body: Uint8Array;
  readonly at: Instant;
}

/** What waits to be sent to one peer, oldest first. It prefers the new to the old. */
export class Outbox {
  readonly #limits: OutboxLimits;
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  /** Adds a message; returns how many older ones it drove out. */
  push(body: Uint8Array, at: Instant): number {
    this.#waiting.push({ body, at });
    this.#bytes += body.length;
    const { queueBytesMax, queueMessagesMax } = this.#limits;
    let dropped = 0;
    while (this.#bytes > queueBytesMax || this.#waiting.length > queueMessagesMax) {
      this.#shift();
      dropped += 1;
    }
    return dropped;
  }

  /** Forgets what has waited too long; returns how many. */
  expire(now: Instant): number {
    let dropped = 0;
    for (;;) {
      const [oldest] = this.#waiting;
      if (oldest === undefined) return dropped;
      if (elapsedMs(oldest.at, now) <= this.#limits.queueAgeMsMax) return dropped;
      this.#shift();
      dropped += 1;
    }
  }

  take(): Uint8Array | undefined {
    return this.#shift()?.body;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  #shift(): Waiting | undefined {
    const oldest = this.#waiting.shift();
    this.#bytes -= oldest?.body.length ?? 0;
    return oldest;
  }
}
