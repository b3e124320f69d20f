import assert from "node:assert/strict";
import { test } from "node:test";
import { findCommand, isExecutable, run } from "./command.ts";

test("run gives what the tool wrote", async () => {
  assert.equal(await run("sh", ["-c", "echo hello"]), "hello\n");
});

test("run says why a tool failed", async () => {
  await assert.rejects(run("sh", ["-c", "echo 'no such disk' >&2; exit 1"]), {
    code: "start-failed",
    message: "Cannot run sh: no such disk",
  });
  await assert.rejects(run("no-such-tool", []), { code: "start-failed" });
});

test("findCommand finds what is installed and only that", () => {
  assert(isExecutable(findCommand("sh") ?? ""));
  assert.equal(findCommand("no-such-tool"), undefined);
  assert(!isExecutable("/etc/passwd"));
});
