import type { Socket as DatagramSocket } from "node:dgram";
import type { Socket } from "node:net";
import { BeeError } from "@beemesh/base";

/** A connection that this process has made or taken, and reads no more: somebody else will. */
export interface HeldConnection {
  readonly descriptor: number;
  /** What was read of it already, and belongs to whoever gets the descriptor. */
  readonly bytes: Uint8Array;
  /** Closes this process's copy; a copy that was sent goes on. */
  release(): void;
  /** Lets this process read it after all. */
  reclaim(): void;
}

const nothing = new Uint8Array();

/**
 * Holds a TCP or Unix socket.
 *
 * @throws {BeeError} `socket-closed` if it has no descriptor (any more).
 */
export function heldSocket(socket: Socket, bytes: Uint8Array = nothing): HeldConnection {
  return {
    descriptor: stopReading(socket, "readStop"),
    bytes,
    release: () => void socket.destroy(),
    // Node believes that it reads all the time, and does not start again by itself.
    reclaim: () => callHandle(Reflect.get(socket, "_handle"), "readStart"),
  };
}

/** Holds a UDP socket that is connected. Throws as {@link heldSocket} does. */
export function heldDatagrams(socket: DatagramSocket): HeldConnection {
  const release = (): void => void socket.close();
  // Datagrams are handed over or dropped; nobody reads them here.
  const reclaim = release;
  return { descriptor: stopReading(socket, "recvStop"), bytes: nothing, release, reclaim };
}

/**
 * Stops reading at once, not after the next chunk as `pause` does: a byte that this process took
 * would be missing where the descriptor goes. Node shows neither handle nor descriptor otherwise.
 */
function stopReading(socket: object, method: "readStop" | "recvStop"): number {
  const handle: unknown =
    method === "readStop" ? Reflect.get(socket, "_handle") : datagramHandleOf(socket);
  const descriptor: unknown =
    typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined;
  if (typeof handle !== "object" || handle === null || typeof descriptor !== "number") {
    throw new BeeError("socket-closed", "Cannot hand a socket over: it has no descriptor");
  }
  callHandle(handle, method);
  if (descriptor < 0) {
    throw new BeeError("socket-closed", "Cannot hand a socket over: it is closed");
  }
  return descriptor;
}

/** A datagram socket keeps its handle under a symbol of Node's. */
function datagramHandleOf(socket: object): unknown {
  const symbol = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === "state symbol",
  );
  const state: unknown = symbol === undefined ? undefined : Reflect.get(socket, symbol);
  return typeof state === "object" && state !== null ? Reflect.get(state, "handle") : undefined;
}

function callHandle(handle: unknown, method: "readStart" | "readStop" | "recvStop"): void {
  if (typeof handle !== "object" || handle === null) return;
  const called: unknown = Reflect.get(handle, method);
  if (typeof called === "function") Reflect.apply(called, handle, []);
}
