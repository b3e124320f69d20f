import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { canonicalJson, parseJson } from "./json.ts";

describe("canonicalJson", () => {
  test("gives equal text for equal values, whatever the order of members", () => {
    assert.equal(
      canonicalJson({ b: [1, { d: null, c: "x" }], a: true }),
      '{"a":true,"b":[1,{"c":"x","d":null}]}',
    );
  });

  test("is JSON of the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("parseJson", () => {
  test("reads what is within its limits", () => {
    assert.deepEqual(parseJson('{"a":[1,"]]]]"]}', { lengthMax: 20, depthMax: 2 }), {
      a: [1, "]]]]"],
    });
  });

  test("refuses text that is too long, too deep or no JSON", () => {
    assert.equal(parseJson('"long"', { lengthMax: 5, depthMax: 1 }), undefined);
    assert.equal(parseJson("[[[]]]", { lengthMax: 100, depthMax: 2 }), undefined);
    assert.equal(parseJson("{a:1}"), undefined);
  });
});
