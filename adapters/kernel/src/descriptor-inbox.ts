import { chmodSync, closeSync, rmSync } from "node:fs";
import { errnos, must } from "./errno.ts";
import { libc } from "./libc.ts";
import { Message, unixAddress, unixFamily } from "./message.ts";

/** `SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC`. */
export const datagramNonBlocking: number = 2 | 0o4000 | 0o2_000_000;
/** `MSG_DONTWAIT | MSG_CMSG_CLOEXEC`: what comes is closed when a program is started. */
const receiveFlags = 0x40 | 0x4000_0000;
/** `MSG_CTRUNC | MSG_TRUNC`: something was cut off. */
const cutFlags = 0x8 | 0x20;

/** Bytes beside a descriptor: a tag, and the 16 KiB at most that a machine has read already. */
const payloadBytesMax = 17 * 1024;

/** What came: a descriptor, which the receiver must close, and the bytes beside it. */
export interface ReceivedDescriptor {
  readonly fd: number;
  readonly bytes: Buffer;
}

/**
 * Takes descriptors that other processes of this computer send to a path (`SCM_RIGHTS`, unix(7)).
 * Nothing tells when one has come: the senders say so by another way, and then it is there.
 */
export class DescriptorInbox {
  readonly #path: string;
  readonly #fd: number;
  readonly #payload = Buffer.alloc(payloadBytesMax);
  #isClosed = false;

  /**
   * Takes the place of whatever stood at the path; only this user may send to it.
   *
   * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
   */
  constructor(path: string) {
    const address = unixAddress(path);
    const { bind, socket } = libc();
    this.#path = path;
    rmSync(path, { force: true });
    this.#fd = must("open an inbox", socket(unixFamily, datagramNonBlocking, 0));
    try {
      must(`open an inbox at ${path}`, bind(this.#fd, address, address.length));
      chmodSync(path, 0o600);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /**
   * The next descriptor that has come; undefined if there is none now. What came with more than one
   * descriptor, with none, or was too long is dropped, and its descriptors closed.
   *
   * @throws {BeeError} `kernel-refused`
   */
  receive(): ReceivedDescriptor | undefined {
    if (this.#isClosed) return undefined;
    const { errnoOfLast, recvmsg } = libc();
    for (;;) {
      const message = new Message(this.#payload);
      const length = message.with((header) => recvmsg(this.#fd, header, receiveFlags));
      if (length < 0n) {
        if (errnoOfLast() === errnos.again) return undefined;
        must("receive a descriptor", length);
      }
      const { descriptors, flags } = message;
      const [fd] = descriptors;
      if (fd !== undefined && descriptors.length === 1 && (flags & cutFlags) === 0) {
        return { fd, bytes: Buffer.from(this.#payload.subarray(0, Number(length))) };
      }
      for (const refused of descriptors) closeSync(refused);
    }
  }

  /** Ends it; the kernel closes what has come and was not received. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // Whoever has given up its rights since may not remove it; nobody answers there any more.
    }
  }
}
