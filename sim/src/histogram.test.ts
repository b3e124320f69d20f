import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram } from "./histogram.ts";

test("Histogram gives quantiles of what it was given, in any order", () => {
  const histogram = new Histogram();
  for (let value = 100; value >= 1; value -= 1) histogram.add(value);
  assert.equal(histogram.quantile(0), 1);
  assert.equal(histogram.quantile(0.5), 51);
  assert.equal(histogram.quantile(1), 100);
  assert.equal(histogram.mean, 50.5);
  histogram.add(1000);
  assert.equal(histogram.describe("ms"), "101 × p50 51 ms, p99 100 ms, max 1000 ms");
  assert(Number.isNaN(new Histogram().quantile(0.5)));
});
