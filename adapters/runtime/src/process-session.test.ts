import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { PassThrough, Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { attachTo, startBeside } from "./process-session.ts";

const launched = {
  id: { pid: 1, start: "" },
  imageId: "x",
  startedAtMs: 0,
  environment: { PATH: process.env["PATH"] ?? "", WHO: "bee" },
  workingDir: tmpdir(),
};
const read = (stream: unknown): Promise<string> =>
  stream instanceof Readable ? text(stream) : Promise.resolve("");

test("a process runs beside a container, with its environment", async () => {
  const command = ["sh", "-c", "cat; echo $WHO >&2; exit 4"];
  const session = startBeside(launched, { command, stdin: true, tty: false });
  assert(session.stdin instanceof Writable);
  session.stdin.end("hello");
  const outputs = await Promise.all([read(session.stdout), read(session.stderr)]);
  assert.deepEqual(outputs, ["hello", "bee\n"]);
  assert.equal(await session.exitCode, 4);
});

test("a process can be killed, and one that is not there is refused", async () => {
  const options = { stdin: false, tty: false };
  const session = startBeside(launched, { ...options, command: ["sleep", "60"] });
  session.kill();
  assert.equal(await session.exitCode, 137);
  assert.throws(() => startBeside(launched, { ...options, command: ["no-such"] }), {
    code: "start-failed",
  });
});

test("who attaches reads the log until its end", async () => {
  const output = new PassThrough();
  const parts = { output, pipe: undefined, exitCode: () => 3 };
  const session = attachTo(parts, { stdin: true, tty: true });
  assert.equal(session.stdin, undefined);
  output.end("hello");
  assert.equal(await read(session.stdout), "hello");
  assert.equal(await session.exitCode, 3);
});
