import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { RetryBudget } from "./retry-budget.ts";

/** How many retries a budget still gives at a time. */
function drain(budget: RetryBudget, atMs: number): number {
  for (let count = 0; ; count += 1) if (!budget.withdraw(instantAt(atMs))) return count;
}

describe("RetryBudget", () => {
  test("gives one retry for five requests", () => {
    const budget = new RetryBudget({ share: 0.2, perSecondMin: 0 });
    assert.equal(drain(budget, 0), 0);
    for (let count = 0; count < 50; count += 1) budget.deposit(instantAt(0));
    assert.equal(drain(budget, 500), 10);
  });

  test("gives ten a second without any requests, over a window of 10 s", () => {
    const budget = new RetryBudget();
    assert.equal(drain(budget, 0), 100);
    assert.equal(drain(budget, 9_999), 0);
    assert.equal(drain(budget, 10_000), 100);
  });

  test("forgets requests that are older than its window", () => {
    const budget = new RetryBudget({ share: 0.2, perSecondMin: 0 });
    for (let count = 0; count < 50; count += 1) budget.deposit(instantAt(0));
    assert.equal(drain(budget, 10_000), 0);
    budget.deposit(instantAt(1e9));
    assert.equal(drain(budget, 1e9), 0);
  });
});
