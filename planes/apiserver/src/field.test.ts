import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldAt, listAt, mapAt, numberAt, present, textAt, textsAt } from "./field.ts";

const pod = { spec: { nodeName: "ann", containers: [{ name: "web" }], priority: 7 } };

test("members are read by path, whatever is in the way", () => {
  assert.equal(textAt(pod, "spec", "nodeName"), "ann");
  assert.equal(textAt(pod, "spec", "containers", 0, "name"), "web");
  assert.equal(numberAt(pod, "spec", "priority"), 7);
  assert.equal(listAt(pod, "spec", "containers").length, 1);
  assert.deepEqual(mapAt(pod, "status"), {});
  assert.equal(fieldAt(pod, "spec", "nodeName", "length"), undefined);
  assert.equal(fieldAt(pod, "constructor"), undefined);
  assert.equal(textAt(null, "spec"), "");
});

test("texts are the members that are text; present drops the undefined", () => {
  assert.deepEqual(textsAt({ labels: { a: "b", c: 1 } }, "labels"), { a: "b" });
  assert.deepEqual(present({ a: 1, b: undefined }), { a: 1 });
});
