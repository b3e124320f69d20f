import assert from "node:assert/strict";
import { test } from "node:test";
import { queryBytes } from "./test-query.ts";

test("queryBytes writes what dig sends for `a.bc A`", () => {
  assert.deepEqual(
    [...queryBytes("a.bc", { id: 0x1234 })],
    [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 2, 98, 99, 0, 0, 1, 0, 1],
  );
});
