import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "@beemesh/lab";

/** Runs `failed` in a process of its own with an error that an expression makes. */
function fail(expression: string): ReturnType<typeof run> {
  const source = (path: string): string => JSON.stringify(join(import.meta.dirname, path));
  const program = `import { failed } from ${source("failure.ts")};
    import { BeeError } from ${source("../../../core/base/src/index.ts")};
    failed(${expression});`;
  return run([process.execPath, "--input-type=module", "-e", program]);
}

test("failed says what the world lacks in one line, and where our own mistakes are", async () => {
  const world = await fail('new BeeError("disk-full", "Cannot write: disk is full")');
  assert.deepEqual([world.code, world.stderr], [1, "beemesh: Cannot write: disk is full\n"]);
  const own = await fail('new TypeError("x is undefined")');
  assert.equal(own.code, 70);
  assert.match(own.stderr, /^beemesh: x is undefined\nTypeError.*\n +at /u);
});
