import { execFile } from "node:child_process";
import { BeeError } from "@beemesh/base";

/** What a command printed and how it ended. */
export interface RunResult {
  /** Exit code; -1 if it was ended by a signal or could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Output kept of one command; more ends it. */
const outputBytesMax = 64 * 1024 * 1024;

/** Runs a command to its end, at most `timeoutMs` long. Never throws for what the command does. */
export function run(
  argv: readonly string[],
  options: {
    readonly timeoutMs?: number;
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
  } = {},
): Promise<RunResult> {
  const [command = "", ...rest] = argv;
  return new Promise((resolve) => {
    const child = execFile(
      command,
      rest,
      {
        timeout: options.timeoutMs ?? 60_000,
        killSignal: "SIGKILL",
        maxBuffer: outputBytesMax,
        env: { ...process.env, ...options.env },
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
        resolve({
          code,
          stdout,
          stderr: code === -1 ? `${stderr}${error?.message ?? ""}` : stderr,
        });
      },
    );
    child.stdin?.on("error", () => {
      // The command may end without reading its input; its exit code tells.
    });
    child.stdin?.end(options.input ?? "");
  });
}

/**
 * Runs a command that must succeed, and gives what it printed.
 *
 * @throws {BeeError} `command-failed` with what it printed to stderr.
 */
export async function runOrThrow(
  argv: readonly string[],
  options: Parameters<typeof run>[1] = {},
): Promise<string> {
  const result = await run(argv, options);
  if (result.code !== 0) {
    throw new BeeError(
      "command-failed",
      `Cannot run ${argv.join(" ")}: exit code ${result.code}: ${result.stderr.trim()}`,
      { facts: { code: result.code } },
    );
  }
  return result.stdout;
}
