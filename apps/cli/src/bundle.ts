import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where the bundled daemon is, seen from the root of the tree; made by `tools/bundle.ts`. */
const folder = ".cache/bundle";

/**
 * V8 settings that trade a little speed for a small resident daemon: a young generation of 1 MB
 * a half, and code and objects laid out for size.
 */
const smallNodeFlags: readonly string[] = ["--max-semi-space-size=1", "--optimize-for-size"];

/** glibc else keeps memory apart for each thread: 6 MB more, for threads that hardly allocate. */
const smallEnvironment = { MALLOC_ARENA_MAX: "1" };

/** Whoever sets this runs from source, whatever bundle there is. */
const sourceVariable = "BEEMESH_FROM_SOURCE";

/**
 * Goes on as the daemon in this very process: as the bundle of just these sources if there is one,
 * which takes less memory, else as the sources with settings that keep it small. Returns if that
 * is what runs already, or where a process cannot become another one.
 *
 * @param program - The program's own file, `apps/cli/src/main.ts`.
 * @param argv - What follows `beemesh up`.
 */
export function becomeDaemon(program: string, argv: readonly string[]): void {
  const isSmall = smallNodeFlags.every((flag) => process.execArgv.includes(flag));
  if (isSmall || process.execve === undefined || process.platform === "win32") return;
  const root = join(dirname(program), "../../..");
  const bundle = process.env[sourceVariable] === undefined ? freshBundle(root) : undefined;
  const file = bundle ?? program;
  const { execPath: node } = process;
  process.execve(node, [node, ...smallNodeFlags, file, "up", ...argv], {
    ...smallEnvironment,
    ...process.env,
  });
}

/** The bundle's program; undefined if there is none, or it is of other sources than there are. */
export function freshBundle(root: string): string | undefined {
  const manifest = join(root, folder, "inputs.txt");
  if (!existsSync(manifest)) return undefined;
  const [hash, ...inputs] = readFileSync(manifest, "utf8").trim().split("\n");
  return hash === hashOfFiles(root, inputs) ? join(root, folder, "up.mjs") : undefined;
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
