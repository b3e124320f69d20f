import { closeSync } from "node:fs";
import { errnos, must } from "./errno.ts";
import { libc } from "./libc.ts";
import { attach, messageOf, unixAddress } from "./message.ts";

/** `AF_UNIX`; `SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC`. */
const unixFamily = 1;
const datagramNonBlocking = 2 | 0o4000 | 0o2_000_000;
/** `MSG_NOSIGNAL`. */
const sendFlags = 0x4000;

/** Sends descriptors to the inboxes of other processes of this computer. */
export class DescriptorOutbox {
  #fd: number | undefined;

  /**
   * Sends a descriptor with some bytes. The sender still owns, and closes, its own.
   *
   * @returns `full` if the inbox takes no more for now, `absent` if there is none at the path.
   * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
   */
  send(path: string, fd: number, bytes: Uint8Array): "sent" | "full" | "absent" {
    const { errnoOfLast, sendmsg, socket } = libc();
    this.#fd ??= must("open a descriptor outbox", socket(unixFamily, datagramNonBlocking, 0));
    const message = messageOf(bytes, unixAddress(path));
    attach(message, fd);
    const sent = sendmsg(this.#fd, message.header, sendFlags);
    if (sent >= 0n) return "sent";
    const errno = errnoOfLast();
    if (errno === errnos.again || errno === errnos.noBuffers) return "full";
    if (errno === errnos.refused || errno === errnos.absent) return "absent";
    must("send a descriptor", sent);
    return "absent";
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
