import { libc } from "./libc.ts";

/** Sizes of the structs of Linux on 64-bit processors: sys/socket.h, sys/un.h. */
const headerBytes = 56;
const controlHeaderBytes = 16;
const vectorBytes = 16;
/** Family, path and the path's end. */
const unixAddressBytes = 110;
const unixFamily = 1;
/** `SOL_SOCKET` and `SCM_RIGHTS`. */
const socketLevel = 1;
const rights = 1;
const descriptorSize = 4;
/** A control message is padded to eight bytes. */
const controlBytes = 24;

/** Little end first on all processors that Node has 64-bit Linux builds for, but s390x. */
const offsets = {
  name: 0,
  nameLength: 8,
  vector: 16,
  vectorCount: 24,
  control: 32,
  controlSize: 40,
};
const flagsOffset = 48;

/** A message for `sendmsg` or `recvmsg`, and the buffers that it points to. */
export interface Message {
  readonly header: Buffer;
  readonly control: Buffer;
  /** Referred to so that they stay where they are. */
  readonly kept: readonly unknown[];
}

/** A `struct msghdr` over one piece of data, with room for one descriptor. */
export function messageOf(data: Uint8Array, address?: Uint8Array): Message {
  const { pointerTo } = libc();
  const vector = Buffer.alloc(vectorBytes);
  vector.writeBigUInt64LE(pointerTo(data), 0);
  vector.writeBigUInt64LE(BigInt(data.length), 8);
  const control = Buffer.alloc(controlBytes);
  const header = Buffer.alloc(headerBytes);
  if (address !== undefined) {
    header.writeBigUInt64LE(pointerTo(address), offsets.name);
    header.writeUInt32LE(address.length, offsets.nameLength);
  }
  header.writeBigUInt64LE(pointerTo(vector), offsets.vector);
  header.writeBigUInt64LE(1n, offsets.vectorCount);
  header.writeBigUInt64LE(pointerTo(control), offsets.control);
  header.writeBigUInt64LE(BigInt(controlBytes), offsets.controlSize);
  return { header, control, kept: [data, address, vector] };
}

/** Puts a descriptor into a message that is to be sent. */
export function attach({ control }: Message, fd: number): void {
  control.writeBigUInt64LE(BigInt(controlHeaderBytes + descriptorSize), 0);
  control.writeInt32LE(socketLevel, 8);
  control.writeInt32LE(rights, 12);
  control.writeInt32LE(fd, controlHeaderBytes);
}

/** The descriptors that came with a message: none, one, or two where nobody may send two. */
export function descriptorsIn({ control, header }: Message): readonly number[] {
  const size = Number(header.readBigUInt64LE(offsets.controlSize));
  if (size < controlHeaderBytes + descriptorSize) return [];
  const isRights = control.readInt32LE(8) === socketLevel && control.readInt32LE(12) === rights;
  if (!isRights) return [];
  const length = Number(control.readBigUInt64LE(0)) - controlHeaderBytes;
  const count = Math.min(Math.floor(length / descriptorSize), 2);
  return Array.from({ length: count }, (_, index) =>
    control.readInt32LE(controlHeaderBytes + descriptorSize * index),
  );
}

/** Flags that the kernel has set on a message that came, such as `MSG_TRUNC`. */
export function flagsOf({ header }: Message): number {
  return header.readInt32LE(flagsOffset);
}

/** A `struct sockaddr_un`. The path has at most 107 bytes. */
export function unixAddress(path: string): Buffer {
  const address = Buffer.alloc(unixAddressBytes);
  address.writeUInt16LE(unixFamily, 0);
  address.write(path, 2, unixAddressBytes - 3, "utf8");
  return address;
}
