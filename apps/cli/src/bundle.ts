import { dirname, join } from "node:path";
import { freshBundle } from "@beemesh/bundle";

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
  const bundle = process.env[sourceVariable] === undefined ? freshBundle(root, "up") : undefined;
  const file = bundle ?? program;
  const { execPath: node } = process;
  process.execve(node, [node, ...smallNodeFlags, file, "up", ...argv], {
    ...smallEnvironment,
    ...process.env,
  });
}
