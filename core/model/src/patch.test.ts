import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { applyPatch } from "./patch.ts";
import { findResource } from "./resource.ts";

const pods = findResource("", "pods");
assert(pods);
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", labels: { x: "y" } },
  spec: { containers: [{ name: "a", image: "a:1" }] },
};

describe("applyPatch", () => {
  test("applies each kind", () => {
    const list = { spec: { containers: [{ name: "a", image: "a:2" }] } };
    const json = [{ op: "replace", path: "/spec/containers/0/image", value: "a:2" }];
    const expected = { ok: true, object: { ...pod, ...list } };
    assert.deepEqual(applyPatch("strategic", pods, pod, list), expected);
    assert.deepEqual(applyPatch("merge", pods, pod, list), expected);
    assert.deepEqual(applyPatch("json", pods, pod, json), expected);
  });

  for (const [kind, patch, reason] of [
    ["merge", [], "BadRequest"],
    ["strategic", "x", "BadRequest"],
    ["strategic", { $patch: "x" }, "BadRequest"],
    ["json", {}, "BadRequest"],
    ["json", [{ op: "test", path: "/kind", value: "Node" }], "Invalid"],
    ["json", [{ op: "replace", path: "", value: 1 }], "BadRequest"],
    ["merge", { kind: "Node" }, "BadRequest"],
    ["merge", { metadata: null }, "BadRequest"],
    ["json", Array.from({ length: 10_001 }, () => 1), "RequestEntityTooLarge"],
  ] as const) {
    test(`answers ${reason} to a ${kind} patch ${JSON.stringify(patch).slice(0, 50)}`, () => {
      const result = applyPatch(kind, pods, pod, patch);
      assert.equal(result.ok ? "ok" : result.reason, reason);
    });
  }
});
