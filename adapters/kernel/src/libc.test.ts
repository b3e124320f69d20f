import assert from "node:assert/strict";
import { test } from "node:test";
import { libc } from "./libc.ts";

test("libc is opened once, on Linux only", () => {
  if (process.platform === "linux") assert.equal(libc(), libc());
  else assert.throws(libc, { code: "kernel-unsupported" });
});
