import { BeeError } from "@beemesh/base";
import type { ContainerSecurity } from "@beemesh/ports";

/**
 * Whether it takes the image's own user to say as whom a container runs, or whether it may.
 *
 * @returns Whether {@link userOf} has to know it.
 */
export function asksForImageUser({ uid, gid, nonRoot }: ContainerSecurity): boolean {
  return uid === undefined && (gid !== undefined || nonRoot === true);
}

/**
 * As whom a container runs: `<uid>` or `<uid>:<gid>`; undefined for the image's own user.
 *
 * @param imageUser - As the image names its user, maybe with a group; empty for root.
 * @throws {BeeError} `user-refused`, in the kubelet's words, if it may not run as that.
 */
export function userOf(security: ContainerSecurity, imageUser: string): string | undefined {
  const { uid, gid, nonRoot } = security;
  const [name = ""] = imageUser.split(":");
  const own = name === "" ? "0" : name;
  if (nonRoot === true && uid === undefined) refuseRoot(own);
  if (gid !== undefined) return `${uid ?? own}:${gid}`;
  return uid === undefined ? undefined : String(uid);
}

function refuseRoot(name: string): void {
  const refused = (message: string): BeeError => new BeeError("user-refused", message);
  const why = "container has runAsNonRoot and image";
  if (!/^\d+$/u.test(name)) {
    throw refused(`${why} has non-numeric user (${name}), cannot verify user is non-root`);
  }
  if (Number(name) === 0) throw refused(`${why} will run as root`);
}
