import assert from "node:assert/strict";
import { test } from "node:test";
import { findFreePorts } from "./free-ports.ts";

test("findFreePorts gives so many, one after the other", async () => {
  const [first = 0, ...rest] = await findFreePorts(4);
  assert.deepEqual(rest, [first + 1, first + 2, first + 3]);
});
