import assert from "node:assert/strict";
import { test } from "node:test";
import { isNewStruct, pairs } from "./pairing.ts";
import { leaf, type Member, mapOf, structOf } from "./shape.ts";

const map: Member = { shape: mapOf(leaf), isDeclared: true };
const struct: Member = { shape: structOf(new Map([["a", leaf]])), isDeclared: true };

test("two values are seen element by element, a map that is not there as an empty one", () => {
  const both = pairs(map, { a: 1 }, { b: 2 });
  assert.deepEqual(
    [...(both ?? [])].map(([element, [a, b]]) => [element, a?.values, b?.values]),
    [
      ["f:a", [1], undefined],
      ["f:b", undefined, [2]],
    ],
  );
  assert.deepEqual([...(pairs(map, undefined, { b: 2 })?.keys() ?? [])], ["f:b"]);
  assert.equal(pairs(map, undefined, undefined), undefined);
});

test("values of which one is no object, or comes and goes as one, are taken whole", () => {
  assert.equal(pairs(map, { a: 1 }, "text"), undefined);
  assert.equal(pairs(map, { a: 1 }, [1]), undefined);
  assert.equal(pairs(struct, undefined, { a: 1 }), undefined);
  assert.equal(pairs({ ...map, isDeclared: false }, undefined, { a: 1 }), undefined);
  assert.equal(pairs({ shape: leaf, isDeclared: true }, 1, 2), undefined);
});

test("a struct is new if it was not there and has something in it", () => {
  assert(isNewStruct(struct, undefined, { a: 1 }));
  assert(!isNewStruct(struct, undefined, {}));
  assert(!isNewStruct(struct, {}, { a: 1 }));
  assert(!isNewStruct(struct, { a: 1 }, undefined));
  assert(!isNewStruct(map, undefined, { a: 1 }));
});
