import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { run, runOrThrow } from "./run.ts";

const node = process.execPath;

describe("run", () => {
  test("gives what a command printed and its exit code", async () => {
    const script = "process.stdout.write('out'); process.stderr.write('err'); process.exitCode = 3";
    assert.deepEqual(await run([node, "-e", script]), { code: 3, stdout: "out", stderr: "err" });
  });

  test("passes input and environment on", async () => {
    const script = "process.stdin.pipe(process.stdout); process.stderr.write(process.env.WORD)";
    const result = await run([node, "-e", script], { input: "hello", env: { WORD: "bee" } });
    assert.deepEqual(result, { code: 0, stdout: "hello", stderr: "bee" });
  });

  test("answers -1 for what cannot be started", async () => {
    assert.equal((await run(["/nonexistent/command"])).code, -1);
  });
});

test("runOrThrow names the command and what it said", async () => {
  await assert.rejects(runOrThrow([node, "-e", "console.error('no'); process.exit(2)"]), {
    code: "command-failed",
    message: /exit code 2: no$/u,
  });
});
