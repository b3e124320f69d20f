import assert from "node:assert/strict";
import { test } from "node:test";
import { longevityOf } from "./machine-offer.ts";

test("longevityOf grows from 0 to 1 within a month, and fastest at first", () => {
  const hourMs = 3_600_000;
  const values = [0, 1, 24, 24 * 7, 24 * 30, 24 * 365].map((hours) => longevityOf(hours * hourMs));
  assert.deepEqual(
    values,
    values.toSorted((a, b) => a - b),
  );
  assert.equal(values[0], 0);
  assert.equal(values.at(-1), 1);
  assert((values[2] ?? 0) > 0.4, "a day is worth much");
  assert.equal(longevityOf(-5), 0);
});
