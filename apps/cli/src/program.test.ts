import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "@beemesh/lab";
import { makeProgram } from "./program.ts";

const file = join(import.meta.dirname, "main.ts");
const beemesh = (...argv: string[]): ReturnType<typeof run> =>
  run([process.execPath, file, ...argv]);

test("every command has a description and an example", () => {
  for (const command of makeProgram(file).commands) {
    assert.notEqual(command.description(), "", command.name());
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    assert.match(help, new RegExp(`Examples?:\\n  .*beemesh ${command.name()}`, "u"));
  }
});

test("exit codes tell a wrong command line from a world that is not as it should be", async () => {
  assert.equal((await beemesh("--help")).code, 0);
  assert.equal((await beemesh("dance")).code, 2);
  assert.equal((await beemesh("up", "--dance")).code, 2);
  const { code, stderr } = await beemesh("up", "--data", "/nonexistent");
  assert.equal(code, 1);
  assert.match(stderr, /^beemesh: Cannot open \/nonexistent: no mesh yet; run `beemesh init`/u);
});
