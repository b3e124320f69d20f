import type { Socket } from "node:net";
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
  /** What was read; more may wait in the socket, which is paused again. */
  readonly bytes: Uint8Array;
}

/**
 * Reads the first bytes of a paused socket, as few as tell what is spoken.
 *
 * @param waitMs - How long to wait for them; undefined is for as long as the program likes.
 */
export function firstWordOf(app: Socket, waitMs: number | undefined): Promise<FirstWord> {
  return new Promise((resolve) => {
    let bytes: Uint8Array = new Uint8Array(0);
    const decide = (protocol: FirstWord["protocol"]): void => {
      clearTimeout(timer);
      app.pause();
      app.off("data", onData);
      app.off("end", onEnd);
      app.off("close", onEnd);
      resolve({ protocol, bytes });
    };
    const onData = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const sniffed = sniff(bytes);
      if (sniffed !== "more") decide(sniffed);
    };
    const onEnd = (): void => decide("raw");
    const timer = waitMs === undefined ? undefined : setTimeout(onEnd, waitMs);
    app.on("data", onData);
    app.on("end", onEnd);
    app.on("close", onEnd);
    app.resume();
  });
}
