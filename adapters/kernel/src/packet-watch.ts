import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { must } from "./errno.ts";
import { libc } from "./libc.ts";
import { unixFamily } from "./message.ts";

/** `SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC`, and `O_CLOEXEC` and `O_NONBLOCK` of a file. */
const streamNonBlocking = 1 | 0o4000 | 0o2_000_000;
const closeOnExec = 0o2_000_000;
const nonBlocking = 0o4000;
/** `F_GETFL` and `F_SETFL`. */
const getFlags = 3;
const setFlags = 4;
const descriptorBytes = 4;

/**
 * Tells of each packet that a tun device or a connected socket of UDP gives, without a thread that
 * waits for it: a thread that reads a device cannot be stopped, and would keep the process from
 * ending.
 *
 * Node polls sockets but no devices. So it is given a socket, and before it has looked at that the
 * device takes the place behind the socket's descriptor.
 *
 * @param fd - What gives packets, one at each read; not a stream. It stays its owner's: packets are
 *   written to it by `fs.writeSync`, which does not wait, for it is non-blocking from now on.
 * @param onPacket - Told of each packet; the bytes are its own to keep.
 * @returns A function that stops it.
 * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
 */
export function watchPackets(fd: number, onPacket: (packet: Buffer) => void): () => void {
  const { fcntl } = libc();
  const flags = must("watch a device", fcntl(fd, getFlags, 0));
  must("watch a device", fcntl(fd, setFlags, flags | nonBlocking));
  let watch: Socket | undefined;
  const open = (): void => {
    watch = readerOf(fd);
    // Each read gives one packet, and each read is told as one piece.
    watch.on("data", onPacket);
    // Node takes a datagram of no bytes for the end.
    watch.on("end", () => {
      if (watch === undefined) return;
      watch.destroy();
      open();
      onPacket(Buffer.alloc(0));
    });
    // A device that is taken away gives an error, and then no more packets.
    watch.on("error", () => watch?.destroy());
  };
  open();
  return () => {
    watch?.destroy();
    watch = undefined;
  };
}

/** A socket of Node's that reads what `fd` is of, by a descriptor of its own. */
function readerOf(fd: number): Socket {
  const [near, far] = socketPair();
  const reader = new Socket({ fd: near, readable: true, writable: false });
  try {
    must("watch a device", libc().dup3(fd, near, closeOnExec));
    return reader;
  } catch (error) {
    reader.destroy();
    throw error;
  } finally {
    closeSync(far);
  }
}

function socketPair(): [number, number] {
  const pair = Buffer.alloc(2 * descriptorBytes);
  must("watch a device", libc().socketpair(unixFamily, streamNonBlocking, 0, pair));
  return [pair.readInt32LE(0), pair.readInt32LE(descriptorBytes)];
}
