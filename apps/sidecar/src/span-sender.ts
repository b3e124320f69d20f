import type { SpanQueue } from "@beemesh/proxy";
import { spansMax } from "@beemesh/workload";
import type { Channel } from "./channel.ts";

/** How often spans are handed over: a message a second is nothing beside what is traced. */
const sendMs = 1000;

/** Messages at once: as many as the queue can fill, so that a burst is gone with the next turn. */
const messagesMax = 8;

/** Hands what was traced to the machine, which brings it to the collector. */
export class SpanSender {
  readonly #spans: SpanQueue;
  readonly #channel: Pick<Channel, "tell" | "isAttached">;
  #timer: NodeJS.Timeout | undefined;

  constructor(spans: SpanQueue, channel: Pick<Channel, "tell" | "isAttached">) {
    this.#spans = spans;
    this.#channel = channel;
  }

  /** Whether spans go anywhere. */
  turn(isOn: boolean): void {
    clearInterval(this.#timer);
    this.#timer = isOn ? setInterval(() => this.#send(), sendMs).unref() : undefined;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #send(): void {
    // While there is no machine they wait, as many as the queue holds.
    if (!this.#channel.isAttached) return;
    for (let count = 0; count < messagesMax && this.#spans.size > 0; count += 1) {
      this.#channel.tell({ kind: "spans", spans: this.#spans.take(spansMax) });
    }
  }
}
