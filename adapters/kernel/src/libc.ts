import type * as Ffi from "node:ffi";
import { createRequire } from "node:module";
import { BeeError } from "@beemesh/base";

/** The functions of the C library that Node has no door to. 64-bit numbers are bigints. */
export interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly setsockopt: (
    ...call: [fd: number, level: number, name: number, value: Uint8Array, length: number]
  ) => number;
  readonly ioctl: (fd: number, request: bigint, argument: Uint8Array) => number;
  readonly fcntl: (fd: number, command: number, argument: number) => number;
  readonly sendmsg: (fd: number, message: Uint8Array, flags: number) => bigint;
  readonly recvmsg: (fd: number, message: Uint8Array, flags: number) => bigint;
  readonly errnoOfLast: () => number;
  /** Where the bytes of a buffer lie. Good as long as the buffer is referred to. */
  readonly pointerTo: (bytes: Uint8Array) => bigint;
}

let opened: Libc | undefined;

/**
 * The C library, opened when it is first asked for, so that importing this costs nothing where it
 * cannot be used.
 *
 * @throws {BeeError} `kernel-unsupported` off Linux, or where Node has no `node:ffi`.
 */
export function libc(): Libc {
  opened ??= openLibc();
  return opened;
}

function openLibc(): Libc {
  if (process.platform !== "linux") {
    throw new BeeError("kernel-unsupported", "Cannot call the kernel: this needs Linux");
  }
  try {
    return bindLibc(loadFfi());
  } catch (cause) {
    const message =
      "Cannot call the kernel: this Node has no usable node:ffi (26.1 and later have)";
    throw new BeeError("kernel-unsupported", message, { cause });
  }
}

/** That the module is experimental is known, and nothing that a machine's log should say. */
function loadFfi(): typeof Ffi {
  // oxlint-disable-next-line typescript/unbound-method -- it is put back where it was
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return createRequire(import.meta.url)("node:ffi");
  } finally {
    process.emitWarning = emitWarning;
  }
}

function bindLibc(ffi: typeof Ffi): Libc {
  const { functions } = ffi.dlopen(null, {
    socket: { arguments: ["i32", "i32", "i32"], return: "i32" },
    bind: { arguments: ["i32", "pointer", "u32"], return: "i32" },
    setsockopt: { arguments: ["i32", "i32", "i32", "pointer", "u32"], return: "i32" },
    ioctl: { arguments: ["i32", "u64", "pointer"], return: "i32" },
    fcntl: { arguments: ["i32", "i32", "i32"], return: "i32" },
    sendmsg: { arguments: ["i32", "pointer", "i32"], return: "i64" },
    recvmsg: { arguments: ["i32", "pointer", "i32"], return: "i64" },
    // Where this thread's errno lies; glibc and musl both have it under this name.
    __errno_location: { arguments: [], return: "pointer" },
  });
  const { __errno_location: errnoLocation, ...calls } = functions;
  return {
    ...calls,
    errnoOfLast: () => ffi.getInt32(errnoLocation()),
    pointerTo: (bytes) => ffi.getRawPointer(bytes),
  };
}
