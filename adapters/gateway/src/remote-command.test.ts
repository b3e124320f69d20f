import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import type { ExecSession } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";
import { held, runRemoteCommand, type Terminal, wantedStreams } from "./remote-command.ts";
import { runLocally } from "./stub-machine.test.ts";

/** A client in memory: what it got, and how to make it leave. */
class MemoryTerminal implements Terminal {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  status: Json | undefined;
  #leave: (() => void) | undefined;

  onResize(listener: (columns: number, rows: number) => void): void {
    listener(80, 24);
  }

  onClose(listener: () => void): void {
    this.#leave = listener;
  }

  finish(status: Json): void {
    this.status = status;
    this.stdout.end();
    this.stderr.end();
  }

  leave(): void {
    this.#leave?.();
  }
}

function node(script: string): ExecSession {
  return runLocally(["node", "-e", script], "/");
}

describe("runRemoteCommand", () => {
  test("carries input, both outputs and the exit code", async () => {
    const terminal = new MemoryTerminal();
    const script = `process.stdin.pipe(process.stdout);
      process.stdin.on("end", () => { console.error("end"); process.exitCode = 3; })`;
    const run = runRemoteCommand(node(script), terminal, "exec");
    terminal.stdin.end("input");
    await run;
    assert.equal(await text(terminal.stdout), "input");
    assert.equal(await text(terminal.stderr), "end\n");
    assert.match(JSON.stringify(terminal.status), /"ExitCode","message":"3"/u);
  });

  test("kills the process of an exec whose client leaves", async () => {
    const terminal = new MemoryTerminal();
    const session = node("setInterval(() => {}, 1000)");
    const run = runRemoteCommand(session, terminal, "exec");
    terminal.leave();
    assert.equal(await session.exitCode, 137);
    await run;
  });

  test("lets an attached process live, but not its streams", async () => {
    const terminal = new MemoryTerminal();
    const exit = Promise.withResolvers<number>();
    let killed = false;
    const stdout = new PassThrough();
    const session: ExecSession = {
      stdin: undefined,
      stdout,
      stderr: undefined,
      exitCode: exit.promise,
      resize: () => undefined,
      kill: () => {
        killed = true;
      },
    };
    const run = runRemoteCommand(session, terminal, "attach");
    terminal.leave();
    await once(stdout, "close");
    exit.resolve(0);
    await run;
    assert(!killed);
  });

  test("tells of a process that cannot be run", async () => {
    const terminal = new MemoryTerminal();
    await runRemoteCommand(runLocally(["no-such-program"], "/"), terminal, "exec");
    assert.match(JSON.stringify(terminal.status), /Cannot run the command: spawn no-such-program/u);
  });

  test("survives a process that does not read its input", async () => {
    const terminal = new MemoryTerminal();
    const run = runRemoteCommand(node("process.exit(0)"), terminal, "exec");
    terminal.stdin.write(Buffer.alloc(10_000_000));
    await run;
    assert.match(JSON.stringify(terminal.status), /Success/u);
  });
});

test("held keeps what a process said before anybody listened", async () => {
  const session = held(node(`console.log("quick")`));
  await session.exitCode;
  await new Promise((resolve) => setTimeout(resolve, 20));
  const terminal = new MemoryTerminal();
  await runRemoteCommand(session, terminal, "exec");
  assert.equal(await text(terminal.stdout), "quick\n");
});

test("wantedStreams reads the query; a terminal has no stream of errors", () => {
  const query = new Map([
    ["stdin", ["true"]],
    ["stdout", ["1"]],
    ["stderr", ["true"]],
    ["tty", ["false"]],
  ]);
  const wanted = { stdin: true, stdout: true, stderr: true, tty: false };
  assert.deepEqual(wantedStreams(query), wanted);
  query.set("tty", ["true"]);
  assert.deepEqual(wantedStreams(query), { ...wanted, stderr: false, tty: true });
  assert(!wantedStreams(new Map()).stdin);
});
