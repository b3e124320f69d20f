import { chmodSync, closeSync, rmSync } from "node:fs";
import { errnos, must } from "./errno.ts";
import { libc } from "./libc.ts";
import { descriptorsIn, flagsOf, messageOf, unixAddress } from "./message.ts";

/** `AF_UNIX`; `SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC`. */
const unixFamily = 1;
const datagramNonBlocking = 2 | 0o4000 | 0o2_000_000;
/** `MSG_DONTWAIT | MSG_CMSG_CLOEXEC`. */
const receiveFlags = 0x40 | 0x4000_0000;
/** `MSG_CTRUNC | MSG_TRUNC`: something was cut off. */
const cutFlags = 0x8 | 0x20;

/** Bytes that may come beside a descriptor; what is longer is refused with it. */
const payloadBytesMax = 16 * 1024;

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
    this.#path = path;
    rmSync(path, { force: true });
    const { bind, socket } = libc();
    this.#fd = must("open a descriptor inbox", socket(unixFamily, datagramNonBlocking, 0));
    const address = unixAddress(path);
    try {
      must(`listen for descriptors at ${path}`, bind(this.#fd, address, address.length));
      chmodSync(path, 0o600);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** The next descriptor that has come; undefined if there is none. Malformed ones are dropped. */
  receive(): ReceivedDescriptor | undefined {
    if (this.#isClosed) return undefined;
    for (;;) {
      const message = messageOf(this.#payload);
      const length = libc().recvmsg(this.#fd, message.header, receiveFlags);
      if (length < 0n) {
        if (libc().errnoOfLast() === errnos.again) return undefined;
        must("receive a descriptor", length);
      }
      const descriptors = descriptorsIn(message);
      const [fd] = descriptors;
      const isWhole = (flagsOf(message) & cutFlags) === 0;
      if (fd !== undefined && descriptors.length === 1 && isWhole) {
        return { fd, bytes: Buffer.from(this.#payload.subarray(0, Number(length))) };
      }
      for (const refused of descriptors) closeSync(refused);
    }
  }

  /** Ends it; what has come and was not received is closed by the kernel. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
    rmSync(this.#path, { force: true });
  }
}
