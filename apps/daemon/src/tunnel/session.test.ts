import assert from "node:assert/strict";
import { once } from "node:events";
import { duplexPair, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import type { ExecSession } from "@beemesh/ports";
import { hostReadable, remoteSession, serveSession } from "./session.ts";

/** A process that says back what it hears, in capitals, and then ends with code 7. */
function shouter(): ExecSession & { readonly sizes: number[][]; killed: boolean } {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const { promise, resolve } = Promise.withResolvers<number>();
  stdin.on("data", (chunk: Buffer) => stdout.write(String(chunk).toUpperCase()));
  stdin.on("end", () => {
    stderr.end("done");
    stdout.end();
    resolve(7);
  });
  const sizes: number[][] = [];
  return {
    stdin,
    stdout,
    stderr,
    exitCode: promise,
    sizes,
    killed: false,
    resize: (columns, rows) => sizes.push([columns, rows]),
    kill() {
      this.killed = true;
    },
  };
}

describe("a session over a stream", () => {
  test("carries input, both outputs, sizes and the exit code", async () => {
    const [near, far] = duplexPair();
    const process = shouter();
    serveSession(far, process);
    const session = remoteSession(near, { stdin: true, tty: false });
    session.resize(120, 40);
    session.stdin?.write("hello ");
    session.stdin?.write("bee");
    session.stdin?.end();
    const [stdout, stderr] = await Promise.all([
      text(hostReadable(session.stdout)),
      session.stderr && text(hostReadable(session.stderr)),
    ]);
    assert.equal(stdout, "HELLO BEE");
    assert.equal(stderr, "done");
    assert.equal(await session.exitCode, 7);
    assert.deepEqual(process.sizes, [[120, 40]]);
  });

  test("rejects the exit code when the other machine hangs up", async () => {
    const [near, far] = duplexPair();
    const session = remoteSession(near, { stdin: false, tty: true });
    far.destroy();
    near.destroy();
    await assert.rejects(session.exitCode, { code: "tunnel-broken" });
  });

  test("kills the process when the near end goes away", async () => {
    const [, far] = duplexPair();
    const process = shouter();
    serveSession(far, process);
    far.destroy();
    await new Promise((resolve) => far.once("close", resolve));
    assert.equal(process.killed, true);
  });
});

test("a stream that had ended before is a machine that hung up", async () => {
  const [near, far] = duplexPair();
  far.end();
  near.resume();
  await once(near, "end");
  const session = remoteSession(near, { stdin: false, tty: true });
  await assert.rejects(session.exitCode, { code: "tunnel-broken" });
});
