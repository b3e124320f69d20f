import { closeSync, writeSync } from "node:fs";
import { watchPackets } from "@beemesh/kernel";
import type { PacketPort } from "./datagrams.ts";

/** Reads and writes a descriptor of packets: a tun device, or a connected socket of UDP. */
export function watchPort(fd: number, onPacket: (packet: Buffer) => void): PacketPort {
  const stop = watchPackets(fd, onPacket);
  let isClosed = false;
  return {
    write: (bytes) => {
      if (!isClosed) writeOrLose(fd, bytes);
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      stop();
      closeSync(fd);
    },
  };
}

/** A queue that is full, or a port that was closed at the other end: UDP loses such packets. */
function writeOrLose(fd: number, bytes: Uint8Array): void {
  try {
    writeSync(fd, bytes);
  } catch {
    // Whoever misses it will send it again.
  }
}
