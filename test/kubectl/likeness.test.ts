import assert from "node:assert/strict";
import { test } from "node:test";
import { unlike } from "./likeness.ts";

test("an object is like what it says among other things", () => {
  const pod = { kind: "Pod", metadata: { name: "web-1", labels: {} }, items: [1, { a: null }] };
  assert.equal(unlike(pod, { kind: "Pod", metadata: { name: /^web-/u } }), "");
  assert.equal(unlike(pod, { items: [1, { a: null }], status: undefined }), "");
});

test("the first difference is told with its place", () => {
  const pod = { kind: "Pod", metadata: { name: "web-1" }, items: [1] };
  assert.equal(unlike(pod, { metadata: { name: "db" } }), '.metadata.name is "web-1", not "db"');
  assert.equal(
    unlike(pod, { metadata: { name: /^db/u } }),
    '.metadata.name is "web-1", not /^db/u',
  );
  assert.equal(unlike(pod, { items: [1, 2] }), ".items[1] is undefined, not 2");
  assert.equal(unlike(pod, { kind: undefined }), '.kind is "Pod", not absent');
  assert.equal(unlike(undefined, {}), "it is undefined, not an object");
  assert.equal(unlike({ items: {} }, { items: [] }), ".items is {}, not a list");
});
