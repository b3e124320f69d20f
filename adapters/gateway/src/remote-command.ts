import { PassThrough, pipeline, type Readable, type Writable } from "node:stream";
import type { ExecSession } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";
import { CommandOutput } from "./command-output.ts";
import { hostReadable, hostWritable } from "./host-stream.ts";
import { exitStatus, statusOf } from "./kube-status.ts";

/** The streams that the query of an exec or attach asks for. */
export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The client's side of an exec or attach, over whatever protocol. */
export interface Terminal {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  /** `listener` gets every size of the client's window, also one that came before. */
  onResize(listener: (columns: number, rows: number) => void): void;
  /** `listener` is called once when the connection is over, for whatever reason. */
  onClose(listener: () => void): void;
  /** Sends the last word and ends the connection. */
  finish(status: Json): void;
}

/** How often the outputs are looked at when the process has ended and they have not. */
const reviewMs = 5000;

/** Reads which streams an exec's or attach's query wants. */
export function wantedStreams(query: ReadonlyMap<string, readonly string[]>): WantedStreams {
  const wants = (name: string): boolean => ["true", "1"].includes(query.get(name)?.[0] ?? "");
  const tty = wants("tty");
  return {
    stdin: wants("stdin"),
    stdout: wants("stdout"),
    stderr: wants("stderr") && !tty,
    tty,
  };
}

/**
 * Connects a process with its client, and tells the client how it ended. If the client leaves
 * first, an exec's process is killed; an attached one goes on without it.
 */
export async function runRemoteCommand(
  session: ExecSession,
  terminal: Terminal,
  kind: "exec" | "attach",
): Promise<void> {
  let isOver = false;
  terminal.onClose(() => {
    if (!isOver) leave(session, kind);
  });
  terminal.onResize((columns, rows) => session.resize(columns, rows));
  connectInput(session, terminal);
  const outputs = [new CommandOutput(hostReadable(session.stdout), terminal.stdout)];
  if (session.stderr) {
    outputs.push(new CommandOutput(hostReadable(session.stderr), terminal.stderr));
  }
  const status = await session.exitCode.then(exitStatus, (error: unknown) =>
    statusOf({ code: 500, message: `Cannot run the command: ${messageOf(error)}` }),
  );
  const reviewer = setInterval(() => {
    for (const output of outputs) output.review();
  }, reviewMs);
  await Promise.all(outputs.map(({ sent }) => sent));
  clearInterval(reviewer);
  isOver = true;
  terminal.finish(status);
}

/**
 * Holds the output of a process back until its client has opened its streams. Without that, what
 * a quick process says could be gone: Node throws away what nobody listens to at its end.
 */
export function held(session: ExecSession): ExecSession {
  const hold = (source: Readable): Readable => {
    const reservoir = new PassThrough();
    // How it went is seen on the stream that is returned.
    pipeline(source, reservoir, () => undefined);
    return reservoir;
  };
  return {
    stdin: session.stdin,
    stdout: hold(hostReadable(session.stdout)),
    stderr: session.stderr && hold(hostReadable(session.stderr)),
    exitCode: session.exitCode,
    resize: (columns, rows) => session.resize(columns, rows),
    kill: () => session.kill(),
  };
}

/** Lets go of a process whose client will never come. */
export function leave(session: ExecSession, kind: "exec" | "attach"): void {
  if (kind === "exec") session.kill();
  for (const stream of [session.stdin, session.stdout, session.stderr]) stream?.destroy();
  // Nobody waits for it any more.
  session.exitCode.catch(() => undefined);
}

function connectInput(session: ExecSession, { stdin }: Terminal): void {
  const target = session.stdin && hostWritable(session.stdin);
  // A process may end without having read all its input.
  target?.on("error", () => stdin?.resume());
  stdin?.on("error", () => undefined);
  if (stdin && target) stdin.pipe(target);
  else stdin?.resume();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "it failed";
}
