import type * as ForeignFunctions from "node:ffi";
import { BeeError } from "@beemesh/base";

/**
 * The functions of the C library that Node has no door to. 64-bit numbers are bigints. `ioctl`,
 * `fcntl` and `syscall` take variable arguments in C; on Linux those are passed as fixed ones are.
 */
export interface Libc {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly socketpair: (
    domain: number,
    type: number,
    protocol: number,
    descriptors: Uint8Array,
  ) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly setsockopt: (fd: number, level: number, name: number, value: Uint8Array) => number;
  readonly ioctl: (fd: number, request: bigint, argument: Uint8Array) => number;
  readonly fcntl: (fd: number, command: number, argument: number) => number;
  readonly dup3: (fd: number, as: number, flags: number) => number;
  readonly sendmsg: (fd: number, message: Uint8Array, flags: number) => bigint;
  readonly recvmsg: (fd: number, message: Uint8Array, flags: number) => bigint;
  /** A call that has no function here, by its number; `errno` as with the others. */
  readonly syscall: (number: bigint, first: bigint, second: bigint, third: bigint) => bigint;
  /** Why the call before this one failed. */
  readonly errnoOfLast: () => number;
  /** Where the bytes of a buffer lie, for as long as the buffer is referred to. */
  readonly pointerTo: (bytes: Uint8Array) => bigint;
}

/** Processors whose layout of structs this package knows: 64 bits, little end first. */
const architectures = new Set(["x64", "arm64"]);

let opened: Libc | undefined;

/**
 * The C library, opened when it is first asked for, so that importing this costs nothing where it
 * cannot be used.
 *
 * @throws {BeeError} `kernel-unsupported` off Linux, on other processors than x86-64 and arm64, or
 *   where Node has no `node:ffi`.
 */
export function libc(): Libc {
  opened ??= openLibc();
  return opened;
}

function openLibc(): Libc {
  return bindNative(bindLibc);
}

/**
 * Binds functions of this process: of its C library, and of what Node itself is made of.
 *
 * @throws {BeeError} `kernel-unsupported` as {@link libc}, and where a function is missing.
 */
export function bindNative<Bound>(bind: (ffi: typeof ForeignFunctions) => Bound): Bound {
  const { arch, platform, version } = process;
  if (platform !== "linux" || !architectures.has(arch)) {
    const message = `Cannot call the kernel: needs Linux on x86-64 or arm64, this is ${platform}`;
    throw new BeeError("kernel-unsupported", `${message} on ${arch}`);
  }
  try {
    return bind(process.getBuiltinModule("node:ffi"));
  } catch (cause) {
    const message = `Cannot call the kernel: Node ${version} has no usable node:ffi`;
    throw new BeeError("kernel-unsupported", message, { cause });
  }
}

function bindLibc(ffi: typeof ForeignFunctions): Libc {
  // What this process has linked already, be it glibc or musl.
  const { functions } = ffi.dlopen(null, {
    socket: { arguments: ["i32", "i32", "i32"], return: "i32" },
    socketpair: { arguments: ["i32", "i32", "i32", "pointer"], return: "i32" },
    bind: { arguments: ["i32", "pointer", "u32"], return: "i32" },
    setsockopt: { arguments: ["i32", "i32", "i32", "pointer", "u32"], return: "i32" },
    ioctl: { arguments: ["i32", "u64", "pointer"], return: "i32" },
    fcntl: { arguments: ["i32", "i32", "i32"], return: "i32" },
    dup3: { arguments: ["i32", "i32", "i32"], return: "i32" },
    sendmsg: { arguments: ["i32", "pointer", "i32"], return: "i64" },
    recvmsg: { arguments: ["i32", "pointer", "i32"], return: "i64" },
    syscall: { arguments: ["i64", "i64", "i64", "i64"], return: "i64" },
    // Where this thread's errno lies; glibc and musl both have it under this name.
    __errno_location: { arguments: [], return: "pointer" },
  });
  const { __errno_location: errnoLocation, setsockopt, ...calls } = functions;
  return {
    ...calls,
    setsockopt: (fd, level, name, value) => setsockopt(fd, level, name, value, value.length),
    errnoOfLast: () => ffi.getInt32(errnoLocation()),
    pointerTo: (bytes) => ffi.getRawPointer(bytes),
  };
}
