import type { Instant, Now } from "@beemesh/base";
import { ByteQueue } from "./byte-queue.ts";
import { withTraceparent } from "./head-trace.ts";
import type { RequestHead } from "./http-head.ts";
import { mayUpgrade } from "./request-reader.ts";
import { type RequestTrace, requestSpan } from "./request-trace.ts";
import { type Attempt, replayBytesMax } from "./retry.ts";
import type { Span } from "./span.ts";
import { traceparentOf } from "./trace-context.ts";

/** The request that is being answered, with as much of its body as another try would need. */
export class ClientRequest {
  readonly head: RequestHead;
  readonly started: Now;
  readonly #trace: RequestTrace | undefined;
  readonly #kept = new ByteQueue();
  #isWhole = true;
  #completedAt: Instant | undefined;
  #tried: string[] = [];

  constructor(head: RequestHead, started: Now, trace: RequestTrace | undefined) {
    this.head = head;
    this.started = started;
    this.#trace = trace;
  }

  /** When the last of it was read; undefined while there is more to come. */
  get completedAt(): Instant | undefined {
    return this.#completedAt;
  }

  /** Endpoints it was given to, in order. */
  get tried(): readonly string[] {
    return this.#tried;
  }

  get keptBytes(): number {
    return this.#kept.size;
  }

  get traceparent(): string {
    return this.#trace === undefined ? "" : traceparentOf(this.#trace.context);
  }

  attempt(isSent: boolean, triesMax: number): Attempt {
    return {
      method: this.head.method,
      isSent,
      isReplayable: this.#isWhole,
      isUpgrade: mayUpgrade(this.head),
      tries: this.#tried.length,
      triesMax,
    };
  }

  tryAt(uid: string): void {
    this.#tried.push(uid);
  }

  complete(now: Instant): void {
    this.#completedAt = now;
  }

  /**
   * More of the body.
   *
   * @param isPassedOn - Whether an endpoint gets it at once: then it need not be kept.
   */
  add(bytes: Uint8Array, isPassedOn: boolean): void {
    if (this.#isWhole) this.#kept.push(bytes);
    if (isPassedOn) this.#forgetLarge();
  }

  /** The head and all of the body so far, for an endpoint that is to get the rest as it comes. */
  sendable(): readonly Uint8Array[] {
    const { head, traceparent } = this;
    const bytes = traceparent === "" ? head.bytes : withTraceparent(head, traceparent);
    const pieces = [bytes, ...this.#kept.pieces()];
    this.#forgetLarge();
    return pieces;
  }

  /** The request as a piece of its trace; undefined if that is not recorded. */
  span(code: number, durationMs: number): Span | undefined {
    if (this.#trace === undefined) return undefined;
    const { method, target, host } = this.head;
    return requestSpan(this.#trace, {
      kind: "client",
      started: this.started,
      durationMs,
      method,
      path: target,
      host,
      isError: code >= 500,
      more: {
        "http.response.status_code": code,
        "http.request.resend_count": Math.max(0, this.#tried.length - 1),
        "beemesh.pod.uid": this.#tried.at(-1) ?? "",
      },
    });
  }

  #forgetLarge(): void {
    if (this.#kept.size <= replayBytesMax) return;
    this.#kept.clear();
    this.#isWhole = false;
  }
}
