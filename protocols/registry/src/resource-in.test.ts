import assert from "node:assert/strict";
import { test } from "node:test";
import { resourceIn } from "./resource-in.ts";

test("the name of a collection says its resource, group and place", () => {
  assert.deepEqual(resourceIn("pods/default"), { group: "", name: "pods", place: "default" });
  assert.deepEqual(resourceIn("deployments.apps/shop"), {
    group: "apps",
    name: "deployments",
    place: "shop",
  });
  assert.deepEqual(resourceIn("roles.rbac.authorization.k8s.io/-"), {
    group: "rbac.authorization.k8s.io",
    name: "roles",
    place: "-",
  });
});
