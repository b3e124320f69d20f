import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Ejection, type Outcome, outlierRate } from "./ejection.ts";

/** Notes outcomes, ejecting when it is said; gives how many said so. */
function noted(ejection: Ejection, atMs: number, ...outcomes: readonly Outcome[]): number {
  return outcomes.filter((outcome) => {
    const isOutlier = ejection.note(outcome);
    if (isOutlier) ejection.eject(instantAt(atMs));
    return isOutlier;
  }).length;
}

const five = Array.from({ length: 5 }, (): Outcome => "gateway");

describe("Ejection", () => {
  test("comes after five failures in a row, of either kind", () => {
    const ejection = new Ejection();
    assert.equal(noted(ejection, 0, "gateway", "serverError", "gateway", "serverError"), 0);
    assert.equal(noted(ejection, 0, "ok"), 0, "a good answer in between");
    assert.equal(noted(ejection, 0, "gateway", "gateway", "cancelled", "gateway", "gateway"), 0);
    assert.equal(noted(ejection, 0, "serverError"), 1);
    assert(ejection.isOutAt(instantAt(9_999)));
  });

  test("ends with a probe that decides", () => {
    const ejection = new Ejection();
    noted(ejection, 0, ...five);
    assert(!ejection.isOutAt(instantAt(10_000)) && !ejection.isProbed);
    ejection.started();
    assert(ejection.isProbed, "one request finds out, and no other beside it");
    noted(ejection, 10_000, "cancelled");
    assert(!ejection.isProbed, "that one has found nothing out");
    ejection.started();
    ejection.answered();
    ejection.started();
    assert(!ejection.isProbed, "a good answer that has begun is enough");
  });

  test("grows by 10 s each time, to 300 s at most", () => {
    const ejection = new Ejection();
    noted(ejection, 0, ...five);
    let at = 0;
    for (let times = 1; times <= 40; times += 1) {
      const lengthMs = Math.min(10_000 * times, 300_000);
      assert(ejection.isOutAt(instantAt(at + lengthMs - 1)), `ejection ${times}`);
      at += lengthMs;
      assert(!ejection.isOutAt(instantAt(at)), `ejection ${times} ends`);
      assert.equal(noted(ejection, at, "gateway"), 1, "one failed probe is enough");
    }
  });

  test("is forgiven at the rate at which it was given", () => {
    const ejection = new Ejection();
    noted(ejection, 0, ...five);
    assert(!ejection.isOutAt(instantAt(10_000)));
    noted(ejection, 10_000, "gateway");
    assert(!ejection.isOutAt(instantAt(30_000)));
    noted(ejection, 30_000, "ok");
    noted(ejection, 50_000, ...five);
    assert(ejection.isOutAt(instantAt(59_999)) && !ejection.isOutAt(instantAt(60_000)));
  });

  test("gives a rate only of enough answers, and starts anew", () => {
    const ejection = new Ejection();
    for (let count = 0; count < 20; count += 1) ejection.note(count % 4 === 0 ? "gateway" : "ok");
    assert.equal(ejection.takeRate(), 0.75);
    ejection.note("ok");
    assert.equal(ejection.takeRate(), undefined);
  });
});

describe("outlierRate", () => {
  test("lies 1.9 deviations below the mean (Envoy, success rate)", () => {
    const rates = [1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5];
    const threshold = outlierRate(rates);
    assert(Math.abs(threshold - (0.95 - 1.9 * 0.15)) < 1e-9);
    assert(0.5 < threshold && threshold < 1);
  });

  test("lets alone what is alike, and what is too few", () => {
    assert(outlierRate([0.5, 0.5, 0.5, 0.5, 0.5]) <= 0.5);
    assert.equal(outlierRate([1, 1, 1, 0]), 0);
  });
});
