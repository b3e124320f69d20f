import { closeSync } from "node:fs";
import { datagramNonBlocking } from "./descriptor-inbox.ts";
import { errnos, must } from "./errno.ts";
import { libc } from "./libc.ts";
import { Message, unixAddress, unixFamily } from "./message.ts";

/** `MSG_NOSIGNAL`. */
const sendFlags = 0x4000;

/** Why the kernel does not take a message now: queues that are full, and files on their way. */
const fullErrnos: ReadonlySet<number> = new Set([
  errnos.again,
  errnos.noBuffers,
  errnos.tooManyReferences,
]);

/** There is no file of this name, or nobody listens behind it. */
const absentErrnos: ReadonlySet<number> = new Set([errnos.absent, errnos.refused]);

/** Sends descriptors to the inboxes of other processes of this computer. */
export class DescriptorOutbox {
  #isClosed = false;

  /**
   * Sends a descriptor with some bytes. The sender still owns, and closes, its own.
   *
   * @returns `full` if the inbox takes no more for now, `absent` if there is none at the path.
   * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
   */
  send(path: string, fd: number, bytes: Uint8Array): "sent" | "full" | "absent" {
    if (this.#isClosed) return "absent";
    const { errnoOfLast, sendmsg, socket } = libc();
    const message = new Message(bytes, unixAddress(path));
    message.attach(fd);
    // A socket of its own: what one receiver leaves unread counts against its sender, and others
    // would find that one full.
    const own = must("open an outbox", socket(unixFamily, datagramNonBlocking, 0));
    try {
      const sent = message.with((header) => sendmsg(own, header, sendFlags));
      if (sent >= 0n) return "sent";
      const errno = errnoOfLast();
      if (fullErrnos.has(errno)) return "full";
      if (absentErrnos.has(errno)) return "absent";
      must(`send a descriptor to ${path}`, sent);
      return "absent";
    } finally {
      closeSync(own);
    }
  }

  /** Sends no more. */
  close(): void {
    this.#isClosed = true;
  }
}
