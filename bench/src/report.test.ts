import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { drawReport, figureOf, quantile } from "./report.ts";

describe("quantile", () => {
  test("is a value that was measured, by nearest rank", () => {
    assert.equal(quantile([3, 1, 2], 0.5), 2);
    assert.equal(quantile([1], 0.99), 1);
    assert.equal(
      quantile(
        Array.from({ length: 200 }, (_, index) => index),
        0.99,
      ),
      197,
    );
  });
});

describe("figureOf", () => {
  test("holds the budget against the 99th percentile, not against the median", () => {
    const figure = figureOf("heal", "ms", [1, 1, 1, 9], { budget: 5 });
    assert.equal(figure.value, 1);
    assert.equal(figure.withinBudget, false);
  });

  test("gives the ratio to a peer of the same run", () => {
    const peer = { name: "haproxy", measured: [4, 4, 4] };
    assert.equal(figureOf("rate", "Gbit/s", [6], { peer }).ratio, 1.5);
  });
});

test("drawReport shows every figure on a line", () => {
  const text = drawReport({ bench: "heal", results: [figureOf("heal", "ms", [1], { budget: 5 })] });
  assert.match(text, /^bench heal\nmetric.*\nheal .*5 ✔$/u);
});
