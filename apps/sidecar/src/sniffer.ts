import type { PlainStream } from "@beemesh/kernel";
import { type Sniffed, sniff } from "@beemesh/proxy";

/**
 * Milliseconds for a program's first bytes, where it is not known what it speaks. It is in the
 * same kernel: who has something to say says it within one; who has not waits for the other end
 * to speak first, and pays this once a connection.
 */
export const firstWordMsMax = 30;

/** What a program said first. */
export interface FirstWord {
  readonly protocol: Exclude<Sniffed, "more">;
  /** What was read; more may wait in the stream, which is paused. */
  readonly bytes: Uint8Array;
}

/**
 * Reads the first bytes of a stream that nobody reads, as few as tell what is spoken.
 *
 * @param waitMs - How long to wait for them; undefined is for as long as the program likes.
 */
export function firstWordOf(app: PlainStream, waitMs: number | undefined): Promise<FirstWord> {
  return new Promise((resolve) => {
    let bytes: Uint8Array = new Uint8Array(0);
    const decide = (protocol: FirstWord["protocol"]): void => {
      clearTimeout(timer);
      app.pause();
      resolve({ protocol, bytes });
    };
    const onEnd = (): void => decide("raw");
    const onData = (chunk: Uint8Array): void => {
      bytes = Buffer.concat([bytes, chunk]);
      const sniffed = sniff(bytes);
      if (sniffed !== "more") decide(sniffed);
    };
    const timer = waitMs === undefined ? undefined : setTimeout(onEnd, waitMs);
    app.read({ onData, onEnd, onDrain: () => {}, onClose: onEnd });
  });
}
