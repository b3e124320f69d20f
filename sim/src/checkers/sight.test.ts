import assert from "node:assert/strict";
import { test } from "node:test";
import { meshOf, webOf } from "./fake-mesh.test.ts";
import { allObjects, objectsOf } from "./sight.ts";

test("a checker sees each object once, and none of machines that are down", () => {
  const objects = webOf(1, ["m0"]);
  const mesh = meshOf(0, [{ objects }, { objects }, { objects: webOf(1, []), isUp: false }]);
  assert.equal(objectsOf(mesh, "apps", "deployments").length, 1);
  const [first] = mesh.machines;
  assert(first);
  assert.deepEqual([...allObjects(first).keys()].toSorted(), [
    "deployments/default/web",
    "pods/default/web-1-0",
    "replicasets/default/web-1",
  ]);
});
