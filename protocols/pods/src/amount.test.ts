import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { amountOf } from "./amount.ts";

describe("amountOf", () => {
  for (const [quantity, amount] of [
    ["250m", 0.25],
    ["2", 2],
    [0.5, 0.5],
    ["64Mi", 64 * 2 ** 20],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["1k", 1000],
    ["2e3", 2000],
    ["much", undefined],
  ] as const) {
    test(`of ${quantity} is ${amount}`, () => assert.equal(amountOf(quantity), amount));
  }
});
