import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource } from "@beemesh/model";
import { memberOf, type SecondView, shownReply, viewOf } from "./second-view.ts";

const kept = findResource("", "configmaps");
assert(kept);
const view: SecondView = {
  resource: { ...kept, group: "other.io", version: "v9" },
  kept,
  toKept: (object) => object,
  toShown: (object) => ({ ...object, apiVersion: "other.io/v9" }),
};

test("a request is for a view by group, version and resource", () => {
  const found = (path: string): boolean => viewOf([view], { path: path.split("/") }) === view;
  assert(found("apis/other.io/v9/configmaps"));
  assert(found("apis/other.io/v9/namespaces/a/configmaps/b/status"));
  assert(!found("apis/other.io/v1/configmaps"));
  assert(!found("apis/other.io/v9/namespaces/configmaps"));
  assert(!found("api/v1/configmaps"));
});

test("only objects of the kind are shown in another way", () => {
  const config = { kind: "ConfigMap", apiVersion: "v1" };
  const shown = { kind: "ConfigMap", apiVersion: "other.io/v9" };
  const status = { kind: "Status", apiVersion: "v1" };
  const bodies = [
    [config, shown],
    [status, status],
    [
      { kind: "ConfigMapList", apiVersion: "v1", items: [config] },
      { kind: "ConfigMapList", apiVersion: "other.io/v9", items: [shown] },
    ],
    [
      { kind: "Table", rows: [{ object: config }] },
      { kind: "Table", rows: [{ object: shown }] },
    ],
  ];
  for (const [body, expected] of bodies) {
    const reply = shownReply(view, { kind: "json", status: 200, body });
    assert.deepEqual(reply.kind === "json" && reply.body, expected);
  }
});

test("members that are no objects are none", () => {
  assert.deepEqual(memberOf({ a: { b: 1 } }, "a"), { b: 1 });
  assert.equal(memberOf({ a: [] }, "a"), undefined);
  assert.equal(memberOf(undefined, "a"), undefined);
});
