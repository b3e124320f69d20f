import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { indexesText, readIndexes } from "./index-set.ts";

describe("indexes as text", () => {
  for (const [text, indexes] of [
    ["", []],
    ["0", [0]],
    ["0,1", [0, 1]],
    ["1,3-5,7", [1, 3, 4, 5, 7]],
    ["0-2,4,5", [0, 1, 2, 4, 5]],
  ] as const) {
    test(`${JSON.stringify(text)} there and back`, () => {
      assert.deepEqual([...readIndexes(text, 10)], indexes);
      assert.equal(indexesText(indexes.toReversed()), text);
    });
  }

  test("what is beyond the end, or is none, is left out", () => {
    assert.deepEqual([...readIndexes("1-999999999,x,-3,2-1", 3)], [1, 2]);
  });

  test("any set comes back", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 200 })), (indexes) => {
        const sorted = indexes.toSorted((a, b) => a - b);
        assert.deepEqual([...readIndexes(indexesText(indexes), 201)], sorted);
      }),
    );
  });
});
