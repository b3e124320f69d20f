import { type Duplex, PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { ExecOptions, ExecSession } from "@beemesh/ports";
import { numberAt, textAt, valueAt } from "./answer.ts";
import { FrameSplitter } from "./frames.ts";
import { type LibpodClient, segment } from "./libpod-client.ts";
import { signal } from "./process-table.ts";

/** A terminal can be resized once its process is there: it is asked so often, so far apart. */
const resizeTries = 10;
const resizeAgainMs = 30;

/** Nobody gets the status of a process that ended: it was cut off from us. */
const unknownExitCode = 137;

/** Starts a process in a container. Throws BeeError `start-failed`. */
export async function startExec(
  client: LibpodClient,
  container: string,
  options: ExecOptions,
): Promise<ExecSession> {
  const made = await client.must(`run ${options.command[0] ?? ""}`, {
    method: "POST",
    path: `/containers/${segment(container)}/exec`,
    body: {
      Cmd: options.command,
      AttachStdin: options.stdin,
      AttachStdout: true,
      AttachStderr: true,
      Tty: options.tty,
    },
  });
  const exec = `/exec/${textAt(made, "Id")}`;
  const inspect = () => client.call({ method: "GET", path: `${exec}/json` });
  const socket = await client.upgrade({
    method: "POST",
    path: `${exec}/start`,
    body: { Detach: false, Tty: options.tty },
  });
  return sessionOf(socket, {
    ...options,
    exitCode: async () => {
      const { status, body } = await inspect();
      return status < 400 ? numberAt(body, "ExitCode") : unknownExitCode;
    },
    resize: resizer(client, exec),
    kill: () => {
      inspect().then(
        ({ body }) => signalIfRunning(numberAt(body, "Pid")),
        () => socket.destroy(),
      );
    },
  });
}

/** Joins the main process of a container. Throws BeeError `start-failed`. */
export async function startAttach(
  client: LibpodClient,
  container: string,
  options: Omit<ExecOptions, "command">,
): Promise<ExecSession> {
  const path = `/containers/${segment(container)}`;
  const socket = await client.upgrade({
    method: "POST",
    path: `${path}/attach`,
    query: { stream: true, stdin: options.stdin, stdout: true, stderr: true, logs: false },
  });
  return sessionOf(socket, {
    ...options,
    exitCode: async () => {
      const { body } = await client.call({ method: "GET", path: `${path}/json` });
      const hasExited = valueAt(body, "State", "Running") === false;
      return hasExited ? numberAt(body, "State", "ExitCode") : 0;
    },
    resize: resizer(client, path),
    // Who attached may leave; the container goes on.
    kill: () => socket.destroy(),
  });
}

interface SessionParts {
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly exitCode: () => Promise<number>;
  readonly resize: (columns: number, rows: number) => void;
  readonly kill: () => void;
}

function sessionOf(socket: Duplex, parts: SessionParts): ExecSession {
  const stderr = parts.tty ? undefined : new PassThrough();
  const stdout =
    stderr === undefined ? new PassThrough() : new FrameSplitter((piece) => stderr.write(piece));
  const finish = (): void => {
    stdout.end();
    stderr?.end();
  };
  socket.on("error", () => socket.destroy());
  const ended = new Promise<void>((resolve) => {
    stdout.on("finish", resolve);
    stdout.on("close", resolve);
  });
  stdout.on("error", () => socket.destroy());
  stdout.on("finish", finish);
  socket.on("close", finish);
  socket.pipe(stdout);
  const exitCode = ended.then(parts.exitCode);
  exitCode.catch(() => {});
  const { resize, kill } = parts;
  return { stdin: parts.stdin ? socket : undefined, stdout, stderr, exitCode, resize, kill };
}

function resizer(client: LibpodClient, path: string): (columns: number, rows: number) => void {
  const ask = async (columns: number, rows: number): Promise<void> => {
    const query = { h: rows, w: columns };
    for (let tries = 0; tries < resizeTries; tries += 1) {
      const { status } = await client.call({ method: "POST", path: `${path}/resize`, query });
      if (status < 400) return;
      await sleep(resizeAgainMs, undefined, { ref: false });
    }
  };
  // A terminal of the wrong size is no reason to end the session.
  return (columns, rows) => void ask(columns, rows).catch(() => {});
}

function signalIfRunning(pid: number): void {
  if (pid > 0) signal(pid, "SIGKILL");
}
