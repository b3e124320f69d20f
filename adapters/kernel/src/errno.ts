import { BeeError } from "@beemesh/base";
import { libc } from "./libc.ts";

/** Numbers of errors, as asm-generic/errno.h has them for every processor that we run on. */
export const errnos = {
  absent: 2,
  interrupted: 4,
  again: 11,
  tooManyFiles: 24,
  noAddress: 99,
  noFamily: 97,
  noBuffers: 105,
  tooManyReferences: 109,
  refused: 111,
  inProgress: 115,
} as const;

/**
 * The result of a call, or its failure with the kernel's reason.
 *
 * @throws {BeeError} `kernel-refused` if it is below 0.
 */
export function must(what: string, result: number | bigint): number {
  if (result >= 0) return Number(result);
  const errno = libc().errnoOfLast();
  throw new BeeError("kernel-refused", `Cannot ${what}: the kernel says errno ${errno}`, {
    facts: { errno },
  });
}
