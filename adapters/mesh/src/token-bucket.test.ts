import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { TokenBucket } from "./token-bucket.ts";

test("a bucket gives its burst, then its rate, and never more than its burst", () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 5 }, instantAt(0));
  assert(bucket.take(5, instantAt(0)));
  assert(!bucket.take(1, instantAt(99)));
  assert(bucket.take(1, instantAt(100)));
  assert(!bucket.take(6, instantAt(60_000)));
  assert(bucket.take(5, instantAt(60_000)));
});
