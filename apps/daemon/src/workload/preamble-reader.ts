import type { Duplex } from "node:stream";
import { preambleBytesMax, readPreamble } from "@beemesh/workload";

/** What stood at the beginning of a connection. */
export interface Preambled {
  /** The pod that it asks for. */
  readonly uid: string;
  /** What was read after the line. */
  readonly rest: Buffer;
}

/** Why there is no preamble. */
export type PreambleFault = "malformed" | "slow" | "ended";

/**
 * Reads the first line of a connection and stops reading in the same turn. `done` is called once;
 * the stream is left as it is, to be used or destroyed.
 *
 * @param msMax - How long the whole line may take.
 */
export function readPreambleOf(
  stream: Duplex,
  msMax: number,
  done: (found: Preambled | PreambleFault) => void,
): void {
  let held = Buffer.alloc(0);
  const finish = (found: Preambled | PreambleFault): void => {
    clearTimeout(timer);
    stream.off("data", look).off("end", onEnd).off("error", onEnd).off("close", onEnd);
    // A later error must not end the process before its new owner listens.
    stream.on("error", () => stream.destroy());
    stream.pause();
    done(found);
  };
  const onEnd = (): void => finish("ended");
  const look = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk]);
    const end = held.indexOf(10);
    if (end < 0 && held.length < preambleBytesMax) return;
    const uid = end < 0 ? undefined : readPreamble(held.toString("latin1", 0, end));
    finish(uid === undefined ? "malformed" : { uid, rest: held.subarray(end + 1) });
  };
  const timer = setTimeout(() => finish("slow"), msMax);
  stream.on("data", look).on("end", onEnd).on("error", onEnd).on("close", onEnd);
}
