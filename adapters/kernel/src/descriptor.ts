import { closeSync } from "node:fs";
import { type Server, Socket } from "node:net";
import { BeeError } from "@beemesh/base";
import { must } from "./errno.ts";
import { libc } from "./libc.ts";

/** `F_DUPFD_CLOEXEC` of linux/fcntl.h: the copy is closed when a program is started. */
const duplicateCloseOnExec = 1030;
/** Above the standard streams. */
const firstDescriptor = 3;

/**
 * A second descriptor of what `fd` is of, which its caller closes.
 *
 * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
 */
export function duplicate(fd: number): number {
  return must("copy descriptor", libc().fcntl(fd, duplicateCloseOnExec, firstDescriptor));
}

/** Closes a descriptor that no object of Node's stands for. */
export function closeDescriptor(fd: number): void {
  closeSync(fd);
}

/** The descriptor that a socket or server owns; undefined once that is closed. */
export function descriptorOf(socket: Socket | Server): number | undefined {
  // Node has no public name for it; its own cluster module reads it like this.
  const handle: unknown = Reflect.get(socket, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null && Reflect.get(handle, "fd");
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}

/**
 * The socket of a descriptor of a TCP or Unix connection. It owns the descriptor from then on, and
 * reads at once into its buffer. Its end is half-open: whoever uses it ends its own side.
 *
 * @throws {BeeError} `kernel-refused` if the descriptor is of something else; it is closed then.
 */
export function adoptSocket(fd: number): Socket {
  try {
    return new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  } catch (cause) {
    closeIfOpen(fd);
    throw new BeeError("kernel-refused", `Cannot adopt descriptor ${fd}: it is of no connection`, {
      cause,
    });
  }
}

function closeIfOpen(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // There was none of this number: nothing is left open.
  }
}
