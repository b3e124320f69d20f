import { readFileSync } from "node:fs";

/** Connections of the pod at once: each holds some 20 KB, so this is 400 MB at the very worst. */
const connectionsMax = 20_000;

/** Descriptors of one connection: the application's, and the carrier's or the peer's. */
const descriptorsEach = 2;

/** Descriptors that are no connections: listeners, the channel, flows of UDP, Node's own. */
const descriptorsReserved = 96;

/** Milliseconds from a stream's first byte to the end of the TLS handshake. */
export const handshakeMsMax = 5000;

/** Handshakes at once; one more ends the oldest. An honest one takes milliseconds. */
export const handshakesMax = 256;

/**
 * Streams of other sidecars that wait for this one's first certificate, and for how many
 * milliseconds: it comes within a second of the pod's start.
 */
export const uncertifiedMax = 128;
export const uncertifiedMsMax = 5000;

/** Carriers that one workload may have made to this one; its pool keeps far fewer. */
export const carriersEachMax = 2048;

/** Seconds of silence after which the kernel asks whether the other end is still there. */
export const keepAliveSeconds = 30;

/** Milliseconds from OPEN to the application's connection: it is in the same kernel. */
export const enterMsMax = 5000;

/** Milliseconds that another sidecar may take to answer OPEN; it may ask its machine meanwhile. */
export const openMsMax = 15_000;

/** Connections that this process has room for, by the descriptors that it may open. */
export function connectionLimit(): number {
  const room = Math.floor((descriptorLimit() - descriptorsReserved) / descriptorsEach);
  return Math.max(1, Math.min(connectionsMax, room));
}

/** The soft limit of open files, as proc(5) shows it; Node has raised it to the hard one. */
function descriptorLimit(): number {
  try {
    const text = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files\s+(\d+)/mu.exec(text)?.[1] ?? 1024);
  } catch {
    return 1024;
  }
}
