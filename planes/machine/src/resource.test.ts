import assert from "node:assert/strict";
import { test } from "node:test";
import { resourceNamed } from "./resource.ts";

test("a resource is named by its group and its plural, and must be one of the model", () => {
  assert.equal(resourceNamed("apps", "replicasets").kind, "ReplicaSet");
  assert.throws(() => resourceNamed("", "replicasets"), /a resource of the model/u);
});
