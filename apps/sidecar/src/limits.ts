import { readFileSync } from "node:fs";

/**
 * Connections of the pod at once, in each direction. One that is carried holds some 90 KB, most of
 * it in TLS, so this is 370 MB for each direction at the very worst.
 */
const connectionsMax = 4096;

/** Descriptors of one connection out and one in: the application's and the carrier's of each. */
const descriptorsEach = 4;

/**
 * Descriptors that are no connections, at most: 1,024 flows of UDP, 64 connections to the name
 * server, listeners, the channel, Node's own. Where few may be opened, a quarter of them.
 */
const descriptorsReservedMax = 1280;

/** Milliseconds from a stream's first byte to the end of the TLS handshake. */
export const handshakeMsMax = 5000;

/**
 * Handshakes at once; one more ends the oldest. An honest one takes milliseconds; as many as one
 * workload may begin at once, for others are not to lose theirs by that.
 */
export const handshakesMax = 1024;

/**
 * Streams of other sidecars that wait for this one's first certificate, and for how many
 * milliseconds: it comes within a second of the pod's start.
 */
export const uncertifiedMax = 128;
export const uncertifiedMsMax = 5000;

/**
 * Carriers between two workloads, made by one of them: four who take that many leave no room for
 * others, and one costs 95 MB at either end. Who would make more is refused at home already.
 */
export const carriersEachMax = 1024;

/** Seconds of silence after which the kernel asks whether the other end is still there. */
export const keepAliveSeconds = 30;

/** Milliseconds from OPEN to the application's connection: it is in the same kernel. */
export const enterMsMax = 5000;

/** Milliseconds that another sidecar may take to answer OPEN; it may ask its machine meanwhile. */
export const openMsMax = 15_000;

/** Connections that this process has room for, by the descriptors that it may open. */
export function connectionLimit(): number {
  return connectionsWithin(descriptorLimit());
}

/** Connections in each direction that fit if so many descriptors may be open; 1 to 4,096. */
export function connectionsWithin(descriptors: number): number {
  const reserved = Math.min(descriptorsReservedMax, descriptors / 4);
  const room = Math.floor((descriptors - reserved) / descriptorsEach);
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
