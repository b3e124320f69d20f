import assert from "node:assert/strict";
import { test } from "node:test";
import { must } from "./errno.ts";
import { libc } from "./libc.ts";

const skip = process.platform !== "linux" && "needs Linux";

test("a call that fails tells the kernel's reason", { skip }, () => {
  assert.equal(must("count", 3n), 3);
  // No descriptor has this number: EBADF.
  const fcntl = (): number => must("look at it", libc().fcntl(-1, 1, 0));
  assert.throws(fcntl, { code: "kernel-refused", facts: { errno: 9 } });
});
