import assert from "node:assert/strict";
import { test } from "node:test";
import { objectAt, objectsAt, textAt } from "./members.ts";
import { groupPath, resourcePaths } from "./openapi-paths.ts";
import { findResource } from "./resource.ts";

const deployments = findResource("apps", "deployments");
const nodes = findResource("", "nodes");
assert(deployments && nodes);

test("a resource has its collection, its objects and its subresources", () => {
  const root = "/apis/apps/v1/namespaces/{namespace}/deployments";
  assert.deepEqual(Object.keys(resourcePaths(deployments)), [
    root,
    `${root}/{name}`,
    "/apis/apps/v1/deployments",
    `${root}/{name}/status`,
    `${root}/{name}/scale`,
  ]);
  assert.deepEqual(Object.keys(resourcePaths(nodes)), [
    "/api/v1/nodes",
    "/api/v1/nodes/{name}",
    "/api/v1/nodes/{name}/status",
  ]);
  assert.equal(groupPath("", "v1"), "/api/v1");
});

test("a patch names its kind and takes dry runs and field validation", () => {
  const path = "/apis/apps/v1/namespaces/{namespace}/deployments/{name}";
  const patch = objectAt(resourcePaths(deployments), path, "patch");
  const names = objectsAt(patch, "parameters").map((parameter) => textAt(parameter, "name"));
  assert(["dryRun", "fieldManager", "fieldValidation"].every((name) => names.includes(name)));
  assert.deepEqual(patch?.["x-kubernetes-group-version-kind"], {
    group: "apps",
    version: "v1",
    kind: "Deployment",
  });
});
