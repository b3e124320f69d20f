import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { BeeError } from "@beemesh/base";

/** Where the tools of an administrator are, though a user's PATH may lack them. */
const adminFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** A tool of the host that takes longer than this hangs: all of them do one short thing. */
const runMsMax = 30_000;

/** The PATH for tools of the host. */
export function toolPath(): string {
  return [process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", ...adminFolders].join(delimiter);
}

/** The full path of a command, or undefined if it is not installed. */
export function findCommand(name: string, path = toolPath()): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((candidate) => isExecutable(candidate));
}

/** Whether `path` is a file that may be executed. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a tool of the host to its end.
 *
 * @returns What it wrote to its standard output.
 * @throws {BeeError} `start-failed` if it cannot be started or fails; the message ends with the
 *   last line that it wrote to its standard error.
 */
export function run(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      timeout: runMsMax,
      maxBuffer: 16 * 1024 * 1024,
      env: { ...process.env, PATH: toolPath() },
    };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else {
        const reason = stderr.trim().split("\n").at(-1) || error.message;
        const message = `Cannot run ${command}: ${reason}`;
        reject(new BeeError("start-failed", message, { facts: { command }, cause: error }));
      }
    });
  });
}
