import { must } from "./errno.ts";
import { libc } from "./libc.ts";

/** Level and name of the option for each family, as Linux numbers them (in.h, in6.h). */
const transparent = { 4: { level: 0, name: 19 }, 6: { level: 41, name: 75 } } as const;

/**
 * Lets a listening socket take connections to addresses that are not its own (`IP_TRANSPARENT`),
 * which is what tproxy hands it. Needs CAP_NET_ADMIN or CAP_NET_RAW (ip(7)).
 *
 * @throws {BeeError} `kernel-refused`, `kernel-unsupported`
 */
export function makeTransparent(fd: number, family: 4 | 6): void {
  const { level, name } = transparent[family];
  const on = Buffer.alloc(4);
  on.writeInt32LE(1);
  must("make a socket transparent", libc().setsockopt(fd, level, name, on));
}
