import assert from "node:assert/strict";
import { test } from "node:test";
import { customResourcesOf } from "./custom-resource.ts";
import type { KubeObject } from "./object.ts";
import { findResource } from "./resource.ts";
import { scalePathsOf, withReplicas } from "./scale-paths.ts";

test("the API's own workloads have their numbers where everybody knows", () => {
  const deployments = findResource("apps", "deployments");
  assert(deployments);
  assert.deepEqual(scalePathsOf(deployments), {
    wanted: ["spec", "replicas"],
    actual: ["status", "replicas"],
    selector: undefined,
  });
});

test("a custom resource has them where its definition says", () => {
  const scale = {
    specReplicasPath: ".spec.size.want",
    statusReplicasPath: ".status.have",
    labelSelectorPath: ".status.pods",
  };
  const [version] = customResourcesOf({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "robots.acme.io" },
    spec: {
      group: "acme.io",
      names: { plural: "robots", kind: "Robot" },
      versions: [{ name: "v1", served: true, storage: true, subresources: { scale } }],
    },
  });
  assert(version);
  const paths = scalePathsOf(version);
  assert.deepEqual(paths, {
    wanted: ["spec", "size", "want"],
    actual: ["status", "have"],
    selector: ["status", "pods"],
  });
  const robot: KubeObject = {
    apiVersion: "acme.io/v1",
    kind: "Robot",
    metadata: { name: "r" },
    spec: { size: { other: 1 }, color: "red" },
  };
  assert.deepEqual(withReplicas(robot, paths, 3).spec, {
    size: { other: 1, want: 3 },
    color: "red",
  });
  assert.deepEqual(withReplicas({ ...robot, spec: 7 }, paths, 3).spec, { size: { want: 3 } });
});
