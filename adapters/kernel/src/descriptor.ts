import { closeSync } from "node:fs";
import { type Server, Socket } from "node:net";
import { must } from "./errno.ts";
import { libc } from "./libc.ts";

/** `F_DUPFD_CLOEXEC` of linux/fcntl.h: the copy is closed when a program is started. */
const duplicateCloseOnExec = 1030;
/** Above the standard streams. */
const firstDescriptor = 3;

/** A second descriptor of what `fd` is of. */
export function duplicate(fd: number): number {
  const copy = libc().fcntl(fd, duplicateCloseOnExec, firstDescriptor);
  return must("duplicate a descriptor", copy);
}

/** Closes a descriptor that no object of Node's stands for. */
export function closeDescriptor(fd: number): void {
  closeSync(fd);
}

/** The descriptor behind a socket or server; undefined once it is closed. */
export function descriptorOf(socket: Socket | Server): number | undefined {
  // Node has no public name for it; its own cluster module reads it like this.
  const handle: unknown = Reflect.get(socket, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null && Reflect.get(handle, "fd");
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}

/** The socket, connected already, of a descriptor. It owns the descriptor from then on. */
export function adoptSocket(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
}
