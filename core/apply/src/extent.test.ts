import assert from "node:assert/strict";
import { test } from "node:test";
import { extentOf, problemsOf } from "./extent.ts";
import { pathText } from "./field-path.ts";
import { pathsOf } from "./field-set.ts";
import { thing } from "./thing.test.ts";

function fieldsOf(spec: Parameters<typeof extentOf>[1]): readonly string[] {
  return pathsOf(extentOf(thing, { spec })).map(pathText);
}

test("leaves, items and keys of maps are fields; the way to them is none", () => {
  const value = { metadata: { labels: { a: "1" } } };
  assert.deepEqual(pathsOf(extentOf(thing, value)).map(pathText), [".metadata.labels.a"]);
  assert.deepEqual(fieldsOf({ tags: ["red"], selector: { a: "1" } }), [
    ".spec.selector",
    '.spec.tags[="red"]',
  ]);
  assert.deepEqual(fieldsOf({ items: [{ name: "p" }] }), [
    '.spec.items[name="p"]',
    '.spec.items[name="p"].name',
  ]);
});

test("an empty object is a field, and so is null; an empty list that merges is none", () => {
  assert.deepEqual(fieldsOf({ probe: {} }), [".spec.probe"]);
  assert.deepEqual(fieldsOf({ size: null }), [".spec.size"]);
  assert.deepEqual(fieldsOf({ tags: [] }), []);
});

test("lists that cannot be merged are named", () => {
  const twice = { spec: { items: [{ name: "p" }, { name: "p" }] } };
  assert.deepEqual(problemsOf(thing, twice), ['.spec.items: duplicate entries for key [name="p"]']);
  const nameless = { spec: { items: [{ image: "x" }], tags: [{}] } };
  assert.deepEqual(problemsOf(thing, nameless), [
    '.spec.items: element 0: the list has an element that omits all key fields ["name"]',
    ".spec.tags: element 0: the list has an element that is no plain value",
  ]);
  const inner = { spec: { items: [{ name: "p", ports: [{ port: 1 }, { port: 1 }] }] } };
  assert.match(problemsOf(thing, inner).join(), /items\[name="p"\]\.ports: duplicate/u);
  assert.deepEqual(problemsOf(thing, { spec: { tags: ["a", "b"] } }), []);
});
