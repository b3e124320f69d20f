import { BeeError } from "@beemesh/base";
import { libc } from "./libc.ts";

/**
 * Sizes and offsets of the structs of Linux on 64-bit processors (sys/socket.h, sys/un.h), the same
 * on x86-64 and arm64. musl says `int` and a padding of four bytes where glibc says `size_t` (the
 * count of vectors, the lengths of control data): with the little end first and the padding zero,
 * as it is here, both read the same.
 */
const headerBytes = 56;
const headerOffsets = {
  name: 0,
  nameLength: 8,
  vector: 16,
  vectorCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
} as const;
const vectorBytes = 16;
const controlOffsets = { length: 0, level: 8, type: 12, data: 16 } as const;
const descriptorBytes = 4;
/** One control message is padded to eight bytes, so a second descriptor may lie in the padding. */
const controlBytes = 24;
const descriptorsReceivedMax = 2;

/** `SOL_SOCKET` and `SCM_RIGHTS`. */
const socketLevel = 1;
const rights = 1;

/** `struct sockaddr_un`: the family `AF_UNIX`, the path, and a zero at its end. */
export const unixFamily = 1;
const unixAddressBytes = 110;
const unixPathBytesMax = 107;

/** Messages that the kernel looks at; being in here keeps their buffers where they are. */
const inHand = new Set<Message>();

/** A `struct msghdr` over one piece of data, with room for one descriptor. */
export class Message {
  readonly #header = Buffer.alloc(headerBytes);
  readonly #vector = Buffer.alloc(vectorBytes);
  readonly #control = Buffer.alloc(controlBytes);
  /** What the header points to as well. */
  readonly kept: readonly unknown[];

  constructor(data: Uint8Array, address?: Uint8Array) {
    this.kept = [data, address];
    const { pointerTo } = libc();
    const header = this.#header;
    if (address !== undefined) {
      header.writeBigUInt64LE(pointerTo(address), headerOffsets.name);
      header.writeUInt32LE(address.length, headerOffsets.nameLength);
    }
    this.#vector.writeBigUInt64LE(pointerTo(data), 0);
    this.#vector.writeBigUInt64LE(BigInt(data.length), 8);
    header.writeBigUInt64LE(pointerTo(this.#vector), headerOffsets.vector);
    header.writeBigUInt64LE(1n, headerOffsets.vectorCount);
    header.writeBigUInt64LE(pointerTo(this.#control), headerOffsets.control);
    header.writeBigUInt64LE(BigInt(controlBytes), headerOffsets.controlLength);
  }

  /** Puts a descriptor into a message that is to be sent. */
  attach(fd: number): void {
    const control = this.#control;
    const length = controlOffsets.data + descriptorBytes;
    control.writeBigUInt64LE(BigInt(length), controlOffsets.length);
    control.writeInt32LE(socketLevel, controlOffsets.level);
    control.writeInt32LE(rights, controlOffsets.type);
    control.writeInt32LE(fd, controlOffsets.data);
  }

  /** Makes a call with the message's header. */
  with<Result>(call: (header: Uint8Array) => Result): Result {
    inHand.add(this);
    const result = call(this.#header);
    inHand.delete(this);
    return result;
  }

  /** The descriptors that came with the message: all that there is room for. */
  get descriptors(): readonly number[] {
    const control = this.#control;
    const room = Number(this.#header.readBigUInt64LE(headerOffsets.controlLength));
    const length = Number(control.readBigUInt64LE(controlOffsets.length));
    if (Math.min(room, length) < controlOffsets.data + descriptorBytes) return [];
    const isRights =
      control.readInt32LE(controlOffsets.level) === socketLevel &&
      control.readInt32LE(controlOffsets.type) === rights;
    if (!isRights) return [];
    const count = Math.floor((length - controlOffsets.data) / descriptorBytes);
    return Array.from({ length: Math.min(count, descriptorsReceivedMax) }, (_, index) =>
      control.readInt32LE(controlOffsets.data + descriptorBytes * index),
    );
  }

  /** Flags that the kernel has set on a message that came, such as `MSG_TRUNC`. */
  get flags(): number {
    return this.#header.readInt32LE(headerOffsets.flags);
  }
}

/**
 * The `struct sockaddr_un` of a path.
 *
 * @throws {BeeError} `kernel-refused` if it has more than 107 bytes or a zero among them: the
 *   kernel would take another path for it.
 */
export function unixAddress(path: string): Buffer {
  const length = Buffer.byteLength(path);
  if (length === 0 || length > unixPathBytesMax || path.includes("\0")) {
    const message = `Cannot name a socket: its path has ${length} bytes or a zero`;
    throw new BeeError("kernel-refused", message, { facts: { length } });
  }
  const address = Buffer.alloc(unixAddressBytes);
  address.writeUInt16LE(unixFamily, 0);
  address.write(path, 2, "utf8");
  return address;
}
