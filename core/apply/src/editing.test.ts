import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@beemesh/wire";
import { type EditTree, wholeEdit } from "./edit-tree.ts";
import { editsAfter } from "./editing.ts";
import type { Member } from "./shape.ts";
import { thing } from "./thing.test.ts";

const thingPlace: Member = { shape: thing, isDeclared: true };

/** The fields that a write changes: the outermost ones, with a slash between elements. */
function changed(before: JsonObject, after: JsonObject): readonly string[] {
  return touched(editsAfter(thingPlace, wholeEdit("t1"), { before, after, stamp: "t2" }), "");
}

function touched({ stamp, children }: EditTree, at: string): readonly string[] {
  if (stamp === "t2") return [at];
  return [...children].flatMap(([element, child]) => touched(child, `${at}/${element}`));
}

function thingOf(spec: JsonObject, labels?: Json): JsonObject {
  return { spec, ...(labels === undefined ? {} : { metadata: { labels } }) };
}

describe("a write", () => {
  test("changes the fields that have another value", () => {
    assert.deepEqual(changed(thingOf({ size: 1 }), thingOf({ size: 1 })), []);
    assert.deepEqual(changed(thingOf({ size: 1 }), thingOf({ size: 2 })), ["/f:spec/f:size"]);
    assert.deepEqual(changed(thingOf({ size: 1 }), thingOf({})), ["/f:spec/f:size"]);
    const atomic = changed(thingOf({ selector: { a: "1" } }), thingOf({ selector: { a: "2" } }));
    assert.deepEqual(atomic, ["/f:spec/f:selector"]);
  });

  test("changes keys of maps one by one, also the first and the last", () => {
    const one = ["/f:metadata/f:labels/f:a"];
    assert.deepEqual(changed(thingOf({}), thingOf({}, { a: "1" })), one);
    assert.deepEqual(changed(thingOf({}, { b: "1" }), thingOf({}, { a: "1", b: "1" })), one);
    assert.deepEqual(changed({ metadata: {} }, { metadata: { labels: { a: "1" } } }), one);
    assert.deepEqual(changed({ metadata: { labels: { a: "1" } } }, { metadata: {} }), one);
    assert.deepEqual(changed({ metadata: {} }, { metadata: { labels: {} } }), []);
  });

  test("changes items by their keys, and those that come or go as one", () => {
    const p = { name: "p", image: "x" };
    const item = '/f:spec/f:items/k:{"name":"p"}';
    assert.deepEqual(changed(thingOf({}), thingOf({ items: [p] })), [item]);
    assert.deepEqual(changed(thingOf({ items: [p] }), thingOf({})), [item]);
    const other = thingOf({ items: [{ ...p, image: "y" }] });
    assert.deepEqual(changed(thingOf({ items: [p] }), other), [`${item}/f:image`]);
    const tags = changed(thingOf({ tags: ["red"] }), thingOf({ tags: ["red", "blue"] }));
    assert.deepEqual(tags, ['/f:spec/f:tags/v:"blue"']);
    const q = { name: "q" };
    assert.deepEqual(changed(thingOf({ items: [p, q] }), thingOf({ items: [q, p] })), []);
    assert.deepEqual(changed(thingOf({ items: [q, q] }), thingOf({ items: [q] })), [
      '/f:spec/f:items/k:{"name":"q"}',
    ]);
  });

  test("fills in a struct member by member, and takes it away as one", () => {
    const probe = { path: "/", period: 1 };
    const bare = thingOf({ size: 1 });
    const probed = thingOf({ size: 1, probe });
    assert.deepEqual(changed(bare, probed), ["/f:spec/f:probe/f:path", "/f:spec/f:probe/f:period"]);
    assert.deepEqual(changed(probed, bare), ["/f:spec/f:probe"]);
    assert.deepEqual(changed(bare, thingOf({ size: 1, probe: {} })), ["/f:spec/f:probe"]);
  });

  test("that makes another kind of value changes all of it", () => {
    assert.deepEqual(changed(thingOf({ items: "x" }), thingOf({ items: [] })), ["/f:spec/f:items"]);
  });
});
