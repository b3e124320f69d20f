import { elapsedMs, type Instant } from "@beemesh/base";
import type { Stream } from "@libp2p/interface";
import type { Counters } from "./counters.ts";
import { encodeFrame } from "./frame.ts";
import type { LinkLimits } from "./options.ts";
import { Outbox } from "./outbox.ts";

export interface LineOptions {
  readonly limits: LinkLimits;
  readonly counters: Counters;
  readonly now: () => Instant;
  /** Opens a stream to the peer; undefined while it is not connected. */
  readonly open: () => Promise<Stream> | undefined;
  /** Nothing comes from the peer although we send: its connection is dead. */
  readonly onStalled: () => void;
}

/** An empty frame asks for an empty frame back. */
const probe = encodeFrame(new Uint8Array());

/** The way to one peer: one long-lived stream, and what waits for it. */
export class Line {
  readonly #options: LineOptions;
  readonly #outbox: Outbox;
  #stream: Stream | undefined;
  #isPumping = false;
  #isAskedAgain = false;
  #heardAt: Instant;
  #probedAt: Instant | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rttMs: number | undefined;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.limits);
    this.#heardAt = options.now();
  }

  /** The last round trip that was measured, in milliseconds. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  send(body: Uint8Array): void {
    const { counters, now } = this.#options;
    counters.dropped += this.#outbox.expire(now()) + this.#outbox.push(body, now());
    this.pump();
  }

  /** Something came from the peer: it is alive. */
  heard(): void {
    this.#heardAt = this.#options.now();
    this.#endProbe();
  }

  /** Sends what waits, if the peer is connected. */
  pump(): void {
    this.#isAskedAgain = this.#isPumping;
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#drain()
      .catch(() => this.reset())
      .finally(() => {
        this.#isPumping = false;
        // The peer may have been connected just when we found that it was not.
        if (this.#isAskedAgain) this.pump();
      });
  }

  /** Leaves the present stream: its connection has closed or is no longer the one to use. */
  reset(): void {
    this.#endProbe();
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream?.status === "open") stream.close().catch(() => undefined);
  }

  async #drain(): Promise<void> {
    const { counters, now } = this.#options;
    while (!this.#outbox.isEmpty) {
      const stream = await this.#ready();
      if (stream === undefined) return;
      counters.dropped += this.#outbox.expire(now());
      const body = this.#outbox.take();
      if (body === undefined) return;
      this.#probeIfSilent(stream);
      counters.sent += 1;
      if (!stream.send(encodeFrame(body))) await this.#onDrain(stream);
    }
  }

  async #ready(): Promise<Stream | undefined> {
    if (this.#stream?.status === "open") return this.#stream;
    const stream = await this.#options.open();
    if (stream === undefined) return undefined;
    this.#stream = stream;
    this.heard();
    stream.addEventListener("message", () => this.#onReply());
    return stream;
  }

  #onReply(): void {
    if (this.#probedAt !== undefined) {
      this.#rttMs = elapsedMs(this.#probedAt, this.#options.now());
    }
    this.heard();
  }

  /** Waits until the stream takes more, for as long as there are signs of life. */
  async #onDrain(stream: Stream): Promise<void> {
    const { limits, now, onStalled } = this.#options;
    for (;;) {
      const startedAt = now();
      try {
        await stream.onDrain({ signal: AbortSignal.timeout(limits.stallMs) });
        return;
      } catch (error) {
        if (stream.status !== "open") throw error;
      }
      if (elapsedMs(startedAt, this.#heardAt) < 0) onStalled();
    }
  }

  /** A peer that talks needs no probe: only silence while we send is suspicious. */
  #probeIfSilent(stream: Stream): void {
    const { limits, now, onStalled } = this.#options;
    if (this.#probedAt !== undefined) return;
    const isFirst = this.#rttMs === undefined;
    if (!isFirst && elapsedMs(this.#heardAt, now()) < limits.stallMs / 2) return;
    this.#probedAt = now();
    stream.send(probe);
    this.#timer = setTimeout(onStalled, limits.stallMs);
    this.#timer.unref();
  }

  #endProbe(): void {
    clearTimeout(this.#timer);
    this.#probedAt = undefined;
  }
}
