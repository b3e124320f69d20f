import assert from "node:assert/strict";
import { test } from "node:test";
import { returnMemory } from "./memory.ts";

test("returnMemory may be called at any time, and keeps what is in use", () => {
  const kept = Buffer.alloc(1_000_000, 7);
  for (let round = 0; round < 3; round += 1) returnMemory();
  assert(kept.every((byte) => byte === 7));
});
