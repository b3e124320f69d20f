import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionsWithin } from "./limits.ts";

test("connections fit into what may be opened, both ways at once, and some are left", () => {
  for (const [descriptors, connections] of [
    [2, 1],
    [256, 48],
    [1024, 192],
    [20_000, 4096],
    [1_048_576, 4096],
  ] as const) {
    assert.equal(connectionsWithin(descriptors), connections);
    if (connections > 1) assert(connections * 4 <= descriptors * 0.94);
  }
});
