import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "./until.ts";

test("until gives what it found at last, through errors on the way", async () => {
  let looks = 0;
  const { found } = await until("three looks", 5000, () => {
    looks += 1;
    if (looks === 1) throw new Error("not yet");
    return looks === 3 ? "seen" : undefined;
  });
  assert.equal(found, "seen");
});

test("until says what it could not see", async () => {
  await assert.rejects(
    until("the moon", 0, () => undefined),
    { code: "check-failed", message: "Cannot see the moon: waited 0 ms" },
  );
});
