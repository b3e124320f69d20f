import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { keyElement, memberElement, valueElement } from "./field-path.ts";
import {
  difference,
  equalSets,
  type FieldSet,
  filterTop,
  formatFields,
  intersection,
  isEmpty,
  itself,
  noFields,
  parseFields,
  pathsOf,
  setOf,
  union,
} from "./field-set.ts";

const element = fc.oneof(
  fc.constantFrom("a", "b", "c", "").map(memberElement),
  fc.constantFrom("a", "b").map((name) => keyElement({ name, port: 80 })),
  fc.constantFrom<string | number>("x", 1).map(valueElement),
  fc.constantFrom("i:0", "i:7"),
);
const set = fc
  .array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 6 })
  .map((paths) => setOf(paths));

function assertEqual(a: FieldSet, b: FieldSet): void {
  assert(equalSets(a, b), `${JSON.stringify(pathsOf(a))} is ${JSON.stringify(pathsOf(b))}`);
}

describe("sets of fields", () => {
  test("are an algebra", () => {
    fc.assert(
      fc.property(set, set, set, (a, b, c) => {
        assertEqual(union(a, b), union(b, a));
        assertEqual(union(a, union(b, c)), union(union(a, b), c));
        assertEqual(union(a, a), a);
        assertEqual(intersection(a, b), intersection(b, a));
        assertEqual(intersection(a, union(b, c)), union(intersection(a, b), intersection(a, c)));
        assertEqual(union(difference(a, b), intersection(a, b)), a);
        assert(isEmpty(intersection(difference(a, b), b)));
        assertEqual(difference(a, union(b, c)), difference(difference(a, b), c));
        assertEqual(union(a, noFields), a);
      }),
    );
  });

  test("are the sets of their paths", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        assertEqual(setOf(pathsOf(a)), a);
        const mine = new Set(pathsOf(a).map((path) => path.join("/")));
        const common = pathsOf(intersection(a, b)).map((path) => path.join("/"));
        const others = pathsOf(b).map((path) => path.join("/"));
        assert.deepEqual(
          common,
          others.filter((path) => mine.has(path)),
        );
      }),
    );
  });

  test("are what they are written as", () => {
    fc.assert(
      fc.property(set, (a) => {
        const read = parseFields(JSON.parse(JSON.stringify(formatFields(a))));
        assert(read !== undefined);
        assertEqual(read, a);
      }),
    );
  });

  test("are written as Kubernetes does", () => {
    const data = setOf([["f:data"], ["f:data", "f:a"], ["f:kind"]]);
    assert.deepEqual(formatFields(data), { "f:data": { ".": {}, "f:a": {} }, "f:kind": {} });
    assert(
      equalSets(
        filterTop(data, (at) => at === "f:kind"),
        setOf([["f:kind"]]),
      ),
    );
  });

  test("whose keys stand in another order are the same", () => {
    const text = 'k:{"protocol":"TCP","port":80}';
    const read = parseFields({ "f:ports": { [text]: {} } });
    assert(
      read && equalSets(read, setOf([["f:ports", keyElement({ port: 80, protocol: "TCP" })]])),
    );
  });

  test("that are malformed are refused", () => {
    const wrong = [null, [], "f", { "x:a": {} }, { "f:a": 1 }, { "k:{}": {} }, { "k:a": {} }];
    for (const json of [...wrong, { "i:-1": {} }, { "v:{": {} }]) {
      assert.equal(parseFields(json), undefined, JSON.stringify(json));
    }
    let deep: object = {};
    for (let depth = 0; depth < 100; depth += 1) deep = { "f:a": deep };
    assert.equal(parseFields(deep), undefined);
  });

  test("of nothing, and of the thing itself", () => {
    assert(isEmpty(noFields) && !isEmpty(itself));
    assert.deepEqual(pathsOf(itself), [[]]);
  });
});
