import { BeeError } from "@beemesh/base";
import { libc } from "./libc.ts";

/** Numbers of errors, the same on every Linux that Node runs on. */
export const errnos = { again: 11, noBuffers: 105, refused: 111, absent: 2, notConnected: 107 };

/** Fails with the kernel's reason if a call gave less than 0. */
export function must(what: string, result: number | bigint): number {
  if (result >= 0) return Number(result);
  const errno = libc().errnoOfLast();
  throw new BeeError("kernel-refused", `Cannot ${what}: the kernel says errno ${errno}`, {
    facts: { errno },
  });
}
