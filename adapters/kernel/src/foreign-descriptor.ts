import { closeSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { must } from "./errno.ts";
import { libc } from "./libc.ts";

/** Calls that the C library may have no function for; the same numbers on x86-64 and arm64. */
const pidfdOpen = 434n;
const pidfdGetfd = 438n;

/**
 * A descriptor of what another process has open: the same open file, so that it goes on when that
 * process ends (pidfd_getfd(2), Linux 5.6). Needs the right to trace the process.
 *
 * @param path - What it has open, as `/proc/<pid>/fd` tells it, such as `/dev/net/tun`.
 * @returns A descriptor, which its caller closes; undefined if the process has no such thing open.
 * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
 */
export function takeDescriptor(pid: number, path: string): number | undefined {
  const number = descriptorIn(pid, path);
  if (number === undefined) return undefined;
  const { syscall } = libc();
  const process = must("watch a process", syscall(pidfdOpen, BigInt(pid), 0n, 0n));
  try {
    const taken = syscall(pidfdGetfd, BigInt(process), BigInt(number), 0n);
    return must("take a descriptor of a process", taken);
  } finally {
    closeSync(process);
  }
}

function descriptorIn(pid: number, path: string): number | undefined {
  const folder = `/proc/${pid}/fd`;
  try {
    const found = readdirSync(folder).find((each) => readlinkSync(join(folder, each)) === path);
    return found === undefined ? undefined : Number(found);
  } catch {
    // The process has ended, or is none of ours.
    return undefined;
  }
}
