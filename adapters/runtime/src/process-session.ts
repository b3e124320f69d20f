import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { PassThrough, type Readable } from "node:stream";
import { assert, BeeError } from "@beemesh/base";
import type { ExecOptions, ExecSession } from "@beemesh/ports";
import { findCommand } from "./command.ts";
import { type Launched, resolveCommand } from "./process-container.ts";
import { signal } from "./process-table.ts";

/** Numbers of signals, for the exit codes that shells give. Source: signal(7). */
const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Starts a process beside those of a container. Throws BeeError `start-failed`. */
export function startBeside(launched: Launched, options: ExecOptions): ExecSession {
  const { environment, workingDir } = launched;
  const plain = resolveCommand(options.command, environment, workingDir);
  const [program = "", ...args] = options.tty ? onTerminal(plain) : plain;
  const child = spawn(program, args, {
    cwd: workingDir,
    env: environment,
    detached: true,
    stdio: [options.stdin ? "pipe" : "ignore", "pipe", "pipe"],
  });
  const { stderr, stdin, stdout } = child;
  assert(stdout !== null && stderr !== null, "both outputs of an exec are pipes");
  stdin?.on("error", () => {});
  const exitCode = new Promise<number>((resolve, reject) => {
    child.on("error", (cause) => {
      const message = `Cannot run ${options.command[0] ?? ""}: ${cause.message}`;
      reject(new BeeError("start-failed", message, { cause }));
    });
    child.on("close", (code, by) => resolve(code ?? 128 + (signalNumbers[by ?? ""] ?? 9)));
  });
  exitCode.catch(() => {});
  if (options.tty) stderr.resume();
  return {
    stdin: stdin ?? undefined,
    stdout,
    stderr: options.tty ? undefined : stderr,
    exitCode,
    // The terminal is made by `script`, which has no way to be told.
    resize: () => {},
    kill: () => {
      if (child.pid !== undefined) signal(-child.pid, "SIGKILL");
    },
  };
}

/** What joins the main process: its log from now on, and the pipe that it reads. */
export interface AttachParts {
  readonly output: Readable;
  /** Undefined if the container has no input. */
  readonly pipe: string | undefined;
  /** Asked when the output has ended. */
  readonly exitCode: () => number;
}

export function attachTo(parts: AttachParts, options: Omit<ExecOptions, "command">): ExecSession {
  const { output, pipe } = parts;
  const stdin = options.stdin && pipe !== undefined ? createWriteStream(pipe) : undefined;
  stdin?.on("error", () => {});
  const stdout = output.pipe(new PassThrough());
  const stderr = options.tty ? undefined : new PassThrough();
  const exitCode = new Promise<number>((resolve) => {
    output.on("close", () => {
      stderr?.end();
      stdin?.end();
      resolve(parts.exitCode());
    });
  });
  return { stdin, stdout, stderr, exitCode, resize: () => {}, kill: () => output.destroy() };
}

/** Node cannot make a terminal; `script` can. */
function onTerminal(command: readonly string[]): string[] {
  const script = findCommand("script");
  if (script === undefined) return [...command];
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return [script, "--quiet", "--return", "--command", quoted, "/dev/null"];
}
