import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The programs that there are bundles of: the daemon, and the sidecar. */
export type BundleName = "up" | "sidecar";

/** Where bundles are, seen from the root of the tree. */
export const bundleFolder = ".cache/bundle";

/**
 * The program of a bundle; undefined if there is none, or it is of other sources than there are.
 *
 * Beside `<name>.mjs` lies `<name>.txt`: a hash, and the files that it is of.
 */
export function freshBundle(root: string, name: BundleName): string | undefined {
  const manifest = join(root, bundleFolder, `${name}.txt`);
  if (!existsSync(manifest)) return undefined;
  const [hash, ...inputs] = readFileSync(manifest, "utf8").trim().split("\n");
  return hash === hashOfFiles(root, inputs) ? join(root, bundleFolder, `${name}.mjs`) : undefined;
}

/** One hash of the names and contents of files; empty if one is missing. */
export function hashOfFiles(root: string, paths: readonly string[]): string {
  const hash = createHash("sha256");
  try {
    for (const path of paths) {
      hash
        .update(`${path}\n`)
        .update(readFileSync(join(root, path)))
        .update("\n");
    }
  } catch {
    return "";
  }
  return hash.digest("hex");
}
