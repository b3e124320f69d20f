import { readFileSync } from "node:fs";
import { run } from "./command.ts";

/**
 * Reads the mount points out of /proc/PID/mountinfo, in the order in which they were mounted.
 * Source: proc_pid_mountinfo(5); white space in a path is written as three octal digits.
 */
export function parseMounts(mountinfo: string): string[] {
  return mountinfo
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path !== "")
    .map((path) =>
      path.replaceAll(/\\([0-7]{3})/gu, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    );
}

/** Everything mounted at `folder` or below it, the latest first. Empty where there is no /proc. */
export function mountsUnder(folder: string): string[] {
  try {
    return parseMounts(readFileSync("/proc/self/mountinfo", "utf8"))
      .filter((path) => path === folder || path.startsWith(`${folder}/`))
      .toReversed();
  } catch {
    return [];
  }
}

/** Unmounts all of it, also what is still in use: that goes when its last user does. */
export async function unmountUnder(folder: string): Promise<void> {
  const paths = mountsUnder(folder);
  if (paths.length > 0) await run("umount", ["--lazy", "--no-canonicalize", ...paths]);
}
