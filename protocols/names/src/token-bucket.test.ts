import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { TokenBucket } from "./token-bucket.ts";

test("a bucket lets a burst through, then its rate, whatever the clock does", () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 3 });
  const passed = (ms: number, tries: number): number =>
    Array.from({ length: tries }, () => bucket.take(instantAt(ms))).filter(Boolean).length;
  assert.equal(passed(0, 10), 3);
  assert.equal(passed(100, 10), 1);
  assert.equal(passed(50, 10), 0);
  assert.equal(passed(100_000, 10), 3);
});
