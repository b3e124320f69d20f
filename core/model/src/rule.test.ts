import assert from "node:assert/strict";
import { test } from "node:test";
import { duplicates } from "./rule.ts";

test("each place with the key of an earlier one is named", () => {
  const places = ["a", "b", "", "a", "", "a"].map((key, index) => ({ key, field: `f[${index}]` }));
  assert.deepEqual(
    duplicates(places).map(({ field }) => field),
    ["f[3]", "f[5]"],
  );
  assert.equal(
    duplicates([
      { key: "a", field: "f" },
      { key: "a", field: "g", value: { n: 1 } },
    ])[0]?.message,
    'Duplicate value: {"n":1}',
  );
});
