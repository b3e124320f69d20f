import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { PeakEwma } from "./peak-ewma.ts";

describe("PeakEwma", () => {
  test("takes a worse latency at once, and better ones little by little", () => {
    const cost = new PeakEwma(instantAt(0));
    cost.observe(10, instantAt(0));
    cost.observe(100, instantAt(1000));
    assert.equal(cost.loadAt(instantAt(1000), 0), 100);
    cost.observe(10, instantAt(1000 + 10_000));
    const expected = 100 / Math.E + 10 * (1 - 1 / Math.E);
    assert(Math.abs(cost.loadAt(instantAt(11_000), 0) - expected) < 1e-9);
  });

  test("forgets what nobody has confirmed", () => {
    const cost = new PeakEwma(instantAt(0));
    cost.observe(100, instantAt(0));
    assert(Math.abs(cost.loadAt(instantAt(10_000), 0) - 100 / Math.E) < 1e-9);
  });

  test("weighs requests without an answer, most where nothing is known yet", () => {
    const cost = new PeakEwma(instantAt(0));
    assert.equal(cost.loadAt(instantAt(0), 0), 0);
    assert(cost.loadAt(instantAt(0), 1) > 1e5);
    cost.observe(5, instantAt(0));
    assert.equal(cost.loadAt(instantAt(0), 3), 20);
  });

  test("is not impressed by fast failures", () => {
    const cost = new PeakEwma(instantAt(0));
    cost.fail(1, instantAt(0));
    assert.equal(cost.loadAt(instantAt(0), 0), 100);
    cost.observe(500, instantAt(0));
    cost.fail(1, instantAt(0));
    assert.equal(cost.loadAt(instantAt(0), 0), 500);
  });

  test("never takes an old acquaintance for a stranger, whom nobody would ask", () => {
    const cost = new PeakEwma(instantAt(0));
    cost.observe(5, instantAt(0));
    const dayMs = 86_400_000;
    assert(cost.loadAt(instantAt(dayMs), 3) > cost.loadAt(instantAt(dayMs), 2));
    assert(cost.loadAt(instantAt(dayMs), 3) < 1);
  });
});
