import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compare } from "./comparison.ts";
import { extentOf } from "./extent.ts";
import { isEmpty, noFields, setOf } from "./field-set.ts";
import { merged, pruned } from "./merge.ts";
import { deduced } from "./shape.ts";
import { thing, thingConfig } from "./thing.test.ts";

describe("merging", () => {
  test("is there after it has been done, and to do it again changes nothing", () => {
    fc.assert(
      fc.property(thingConfig, thingConfig, (live, config) => {
        const once = merged(thing, live, config);
        assert(once !== undefined);
        assert.deepEqual(merged(thing, once, config), once);
        const missing = compare(thing, once, config);
        assert(isEmpty(missing.modified) && isEmpty(missing.added));
      }),
    );
  });

  test("takes a plain value away by null, and no more", () => {
    const live = { spec: { size: 1, tags: ["red"], probe: { path: "/" } } };
    const config = { spec: { size: null, tags: null, probe: null } };
    assert.deepEqual(merged(thing, live, config), {
      spec: { tags: ["red"], probe: { path: "/" } },
    });
    assert.deepEqual(merged(thing, {}, config), { spec: {} });
  });

  test("without a schema goes by members, and replaces lists", () => {
    const live = { a: { b: 1, c: [1] } };
    assert.deepEqual(merged(deduced, live, { a: { c: [2], d: 3 } }), { a: { b: 1, c: [2], d: 3 } });
    assert.equal(merged(deduced, { a: 1 }, "text"), "text");
  });

  test("puts an item in front of all if none that is applied stands before it", () => {
    const live = { spec: { tags: ["x", "a", "y"] } };
    assert.deepEqual(merged(thing, live, { spec: { tags: ["b", "a"] } }), {
      spec: { tags: ["x", "b", "a", "y"] },
    });
  });
});

describe("pruning", () => {
  const value = {
    metadata: { labels: { a: "1", b: "2" } },
    spec: { probe: { path: "/", period: 1 } },
  };

  test("takes what was owned and is not any more", () => {
    const last = setOf([
      ["f:metadata", "f:labels", "f:a"],
      ["f:spec", "f:probe", "f:path"],
    ]);
    const owned = setOf([["f:spec"]]);
    assert.deepEqual(pruned(thing, value, { last, owned: setOf([["f:metadata"]]) }), {
      metadata: { labels: { b: "2" } },
    });
    assert.deepEqual(pruned(thing, value, { last, owned }), { spec: {} });
  });

  test("takes nothing that was not owned, or that somebody owns", () => {
    assert.deepEqual(pruned(thing, value, { last: noFields, owned: noFields }), value);
    const last = extentOf(thing, value);
    assert.deepEqual(pruned(thing, value, { last, owned: last }), value);
  });
});
