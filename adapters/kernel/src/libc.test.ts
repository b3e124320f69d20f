import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { libc } from "./libc.ts";

test("libc is opened once, on Linux only", () => {
  if (process.platform === "linux") assert.equal(libc(), libc());
  else assert.throws(libc, { code: "kernel-unsupported" });
});

test("where there is no such library, importing is harmless and asking says why", () => {
  const index = JSON.stringify(join(import.meta.dirname, "index.ts"));
  const script = `
    Object.defineProperty(process, "platform", { value: "darwin" });
    const { makeTransparent } = await import(${index});
    try { makeTransparent(1, 4); } catch (error) { console.log(error.code); }`;
  const args = ["--no-warnings", "--input-type=module", "-e", script];
  assert.equal(execFileSync(process.execPath, args, { encoding: "utf8" }), "kernel-unsupported\n");
});
