import assert from "node:assert/strict";
import { test } from "node:test";
import { apiVersionOf, findResource, resourceOfKind, resources } from "./resource.ts";

test("every resource is found by group and name and by apiVersion and kind", () => {
  for (const resource of resources) {
    assert.equal(findResource(resource.group, resource.name), resource);
    assert.equal(resourceOfKind(apiVersionOf(resource), resource.kind), resource);
  }
  assert.equal(findResource("apps", "pods"), undefined);
});
