import { bindNative } from "./libc.ts";

/** What streams call of the C library. Lengths are bigints, as `size_t` is. */
export interface SocketCalls {
  readonly recv: (fd: number, into: bigint, length: bigint, flags: number) => bigint;
  readonly send: (fd: number, from: Uint8Array, length: bigint, flags: number) => bigint;
  readonly accept4: (fd: number, address: null, length: null, flags: number) => number;
  readonly connect: (fd: number, address: Uint8Array, length: number) => number;
  readonly listen: (fd: number, backlog: number) => number;
  readonly shutdown: (fd: number, how: number) => number;
  readonly close: (fd: number) => number;
  readonly getsockname: (fd: number, address: Uint8Array, length: Uint8Array) => number;
  readonly getpeername: (fd: number, address: Uint8Array, length: Uint8Array) => number;
  /** The error of a socket, which is none any more after this (`SO_ERROR`). */
  readonly errorOf: (fd: number) => number;
}

/** `SOL_SOCKET` and `SO_ERROR`. */
const socketLevel = 1;
const errorOption = 4;

let opened: SocketCalls | undefined;

/** @throws {BeeError} `kernel-unsupported` */
export function socketCalls(): SocketCalls {
  opened ??= bindNative((ffi) => {
    const { getsockopt, ...calls } = ffi.dlopen(null, {
      recv: { arguments: ["i32", "pointer", "u64", "i32"], return: "i64" },
      send: { arguments: ["i32", "pointer", "u64", "i32"], return: "i64" },
      accept4: { arguments: ["i32", "pointer", "pointer", "i32"], return: "i32" },
      connect: { arguments: ["i32", "pointer", "u32"], return: "i32" },
      listen: { arguments: ["i32", "i32"], return: "i32" },
      shutdown: { arguments: ["i32", "i32"], return: "i32" },
      close: { arguments: ["i32"], return: "i32" },
      getsockname: { arguments: ["i32", "pointer", "pointer"], return: "i32" },
      getpeername: { arguments: ["i32", "pointer", "pointer"], return: "i32" },
      getsockopt: { arguments: ["i32", "i32", "i32", "pointer", "pointer"], return: "i32" },
    }).functions;
    const value = Buffer.alloc(4);
    const length = Buffer.alloc(4);
    const errorOf = (fd: number): number => {
      length.writeInt32LE(value.length);
      const result = getsockopt(fd, socketLevel, errorOption, value, length);
      return result < 0 ? result : value.readInt32LE();
    };
    return { ...calls, errorOf };
  });
  return opened;
}
