import assert from "node:assert/strict";
import { test } from "node:test";
import { resourceRows } from "./resource-rows.ts";

test("no two kinds share a name, a kind or a short name", () => {
  const taken = new Set<string>();
  for (const { group, name, kind, shortNames } of resourceRows) {
    for (const word of [`${group}/${name}`, `${group}/${kind}`, ...shortNames]) {
      assert(!taken.has(word), word);
      taken.add(word);
    }
  }
});

test("every stable group of Kubernetes has the kinds that its clients ask for", () => {
  const groups = new Map<string, string[]>();
  for (const { group, kind } of resourceRows) {
    groups.set(group, [...(groups.get(group) ?? []), kind]);
  }
  const counts = Object.fromEntries([...groups].map(([group, kinds]) => [group, kinds.length]));
  assert.deepEqual(counts, {
    "": 15,
    "admissionregistration.k8s.io": 4,
    "apiextensions.k8s.io": 1,
    apps: 5,
    autoscaling: 1,
    batch: 2,
    "beemesh.io": 1,
    "certificates.k8s.io": 1,
    "coordination.k8s.io": 1,
    "discovery.k8s.io": 1,
    "flowcontrol.apiserver.k8s.io": 2,
    "networking.k8s.io": 5,
    "node.k8s.io": 1,
    policy: 1,
    "rbac.authorization.k8s.io": 4,
    "resource.k8s.io": 4,
    "scheduling.k8s.io": 1,
    "storage.k8s.io": 6,
  });
});
