import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import fc from "fast-check";
import { type Comparison, compare } from "./comparison.ts";
import { extentOf } from "./extent.ts";
import { pathText } from "./field-path.ts";
import { difference, equalSets, isEmpty, pathsOf } from "./field-set.ts";
import { thing, thingConfig } from "./thing.test.ts";

function texts({ added, removed, modified }: Comparison): readonly (readonly string[])[] {
  return [added, removed, modified].map((set) => pathsOf(set).map(pathText));
}

function compareSpecs(before: JsonObject, after: JsonObject): readonly (readonly string[])[] {
  return texts(compare(thing, { spec: before }, { spec: after }));
}

describe("a comparison", () => {
  test("says what has come, gone and changed", () => {
    assert.deepEqual(compareSpecs({ size: 1, tags: ["a"] }, { size: 2, tags: ["b"] }), [
      ['.spec.tags[="b"]'],
      ['.spec.tags[="a"]'],
      [".spec.size"],
    ]);
    const labelled = compare(thing, { metadata: {} }, { metadata: { labels: { a: "1" } } });
    assert.deepEqual(texts(labelled)[0], [".metadata.labels", ".metadata.labels.a"]);
  });

  test("takes atomic values whole, and items that are there twice together", () => {
    assert.deepEqual(compareSpecs({ selector: { a: "1" } }, { selector: { a: "1", b: "2" } }), [
      [],
      [],
      [".spec.selector"],
    ]);
    const twice = [{ name: "p" }, { name: "p", image: "x" }];
    assert.deepEqual(compareSpecs({ items: twice }, { items: twice.toReversed() })[2], [
      '.spec.items[name="p"]',
    ]);
  });

  test("of values of other forms finds all of it changed", () => {
    const [added, removed, modified] = compareSpecs({ probe: { path: "/" } }, { probe: "none" });
    assert.deepEqual(added, [".spec.probe"]);
    assert.deepEqual(removed, [".spec.probe.path"]);
    assert.deepEqual(modified, [".spec.probe"]);
  });

  test("does not mind the order of items, and is the other way round backwards", () => {
    fc.assert(
      fc.property(thingConfig, thingConfig, (a, b) => {
        const there = compare(thing, a, b);
        const back = compare(thing, b, a);
        assert(equalSets(there.added, back.removed) && equalSets(there.modified, back.modified));
        assert(!there.added.isMember);
        const same = compare(thing, a, a);
        assert([same.added, same.removed, same.modified].every(isEmpty));
        assert(isEmpty(difference(extentOf(thing, b), compare(thing, undefined, b).added)));
      }),
    );
    const items = [{ name: "p" }, { name: "q" }];
    assert.deepEqual(compareSpecs({ items }, { items: items.toReversed() }), [[], [], []]);
  });
});
