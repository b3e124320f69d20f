import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldAt } from "../field.ts";
import { pathOf, rbacPath, testBinding, testRole } from "./test-role.ts";

test("bindings name their subjects as manifests do", () => {
  const binding = testBinding("b", "Role/r", ["User bob", "ServiceAccount a/b"], "default");
  assert.equal(pathOf(binding, "default"), `${rbacPath}/namespaces/default/rolebindings`);
  assert.deepEqual(fieldAt(binding, "subjects", 1), {
    kind: "ServiceAccount",
    name: "b",
    namespace: "a",
  });
  assert.equal(pathOf(testRole("r", [])), `${rbacPath}/clusterroles`);
});
