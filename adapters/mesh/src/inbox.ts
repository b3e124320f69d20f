import type { Instant } from "@beemesh/base";
import { type Json, parseJson } from "@beemesh/wire";
import type { Stream } from "@libp2p/interface";
import type { Counters } from "./counters.ts";
import { encodeFrame, FrameReader } from "./frame.ts";
import type { LinkLimits } from "./options.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface InboxOptions {
  readonly limits: LinkLimits;
  readonly counters: Counters;
  readonly now: () => Instant;
  readonly onMessage: (message: Json) => void;
  /** Something came, of whatever kind. */
  readonly onHeard: () => void;
  readonly onFault: (reason: string, points: number) => void;
}

/** Messages hold Kubernetes objects, which nest 64 deep, in envelopes. */
const depthMax = 80;

/** What a fault costs: a flood adds up in a moment, a slip is soon forgotten. */
const points = { throttled: 1, malformed: 20, oversized: 40 };

/** What comes from one peer over its streams, within its limits. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #bucket: TokenBucket;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket(options.limits.rate, options.now());
  }

  /** Reads a stream that the peer opened. */
  attach(stream: Stream): void {
    const { counters, limits, onFault, onHeard } = this.#options;
    const reader = new FrameReader(limits.messageBytesMax, (body) => {
      if (body.length === 0) stream.send(encodeFrame(body));
      else this.#onBody(body);
    });
    stream.addEventListener("message", ({ data }) => {
      onHeard();
      if (stream.status !== "open" || reader.push(data.subarray())) return;
      counters.oversized += 1;
      stream.abort(new Error("Frame too large"));
      onFault("frame too large", points.oversized);
    });
    const onEnd = (): void => {
      if (reader.isWithinFrame) counters.truncated += 1;
    };
    stream.addEventListener("close", onEnd, { once: true });
    const onLast = (): void => {
      stream.close().catch(() => undefined);
    };
    stream.addEventListener("remoteCloseWrite", onLast, { once: true });
  }

  #onBody(body: Uint8Array): void {
    const { counters, limits, now, onFault, onMessage } = this.#options;
    if (!this.#bucket.take(1, now())) {
      counters.throttled += 1;
      onFault("too many messages", points.throttled);
      return;
    }
    const message = decodeMessage(body, limits.messageBytesMax);
    if (message === undefined) {
      counters.malformed += 1;
      onFault("message malformed", points.malformed);
      return;
    }
    counters.received += 1;
    onMessage(message);
  }
}

/** Reads a message; undefined if it is no JSON or over a limit. */
export function decodeMessage(body: Uint8Array, messageBytesMax: number): Json | undefined {
  if (body.length > messageBytesMax) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  return parseJson(text, { lengthMax: messageBytesMax, depthMax });
}

/** Writes a message; undefined if it is over the limit. */
export function encodeMessage(message: Json, messageBytesMax: number): Uint8Array | undefined {
  const body = Buffer.from(JSON.stringify(message));
  return body.length <= messageBytesMax ? body : undefined;
}
