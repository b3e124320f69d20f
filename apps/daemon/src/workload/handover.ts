import { setTimeout as pause } from "node:timers/promises";
import { type DescriptorTag, descriptorBytesMax, descriptorLine } from "@beemesh/workload";
import type { HeldConnection } from "./held-connection.ts";

/**
 * Sends descriptors to a Unix datagram socket; `full` is a queue whose reader is slow. What else
 * the kernel may say is thrown.
 */
export interface Outbox {
  send(path: string, descriptor: number, bytes: Uint8Array): "sent" | "full" | "absent";
}

/** Waits before a full queue is tried again, in milliseconds: some 300 ms in all. */
const retryMs: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 100];

/** What is written beside a descriptor, or undefined if it is more than the reader takes. */
function handoverBytes(tag: DescriptorTag, read: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.concat([Buffer.from(descriptorLine(tag)), read]);
  return bytes.length <= descriptorBytesMax ? bytes : undefined;
}

/**
 * Hands a connection to whoever reads the datagram socket at `path`. This process's copy is
 * released when, and only when, it was sent.
 *
 * @returns Whether it was sent.
 */
export async function handOver(
  outbox: Outbox,
  path: string,
  tag: DescriptorTag,
  held: HeldConnection,
): Promise<boolean> {
  const bytes = handoverBytes(tag, held.bytes);
  if (bytes === undefined) return false;
  for (const waitMs of [0, ...retryMs]) {
    if (waitMs > 0) await pause(waitMs);
    const outcome = sendOnce(outbox, path, held.descriptor, bytes);
    if (outcome === "absent") return false;
    if (outcome === "sent") {
      held.release();
      return true;
    }
  }
  return false;
}

/** What the kernel refuses once it refuses again: then nobody is there to take it. */
function sendOnce(
  outbox: Outbox,
  path: string,
  descriptor: number,
  bytes: Uint8Array,
): ReturnType<Outbox["send"]> {
  try {
    return outbox.send(path, descriptor, bytes);
  } catch {
    return "absent";
  }
}
