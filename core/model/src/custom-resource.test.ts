import assert from "node:assert/strict";
import { test } from "node:test";
import { compareVersions, customResourcesOf, isCleaningUp } from "./custom-resource.ts";
import type { KubeObject } from "./object.ts";

function definition(spec: object): KubeObject {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: { group: "example.com", names: { plural: "widgets", kind: "Widget" }, ...spec },
  };
}

test("versions stand in the order in which clients prefer them", () => {
  const order = ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2"];
  const others = ["foo1", "foo10"];
  assert.deepEqual([...others, ...order.toReversed()].toSorted(compareVersions), [
    ...order,
    ...others,
  ]);
});

test("a definition has a row for each version, the one that is kept first", () => {
  const versions = [
    { name: "v1beta1", served: true, storage: false, deprecated: true },
    { name: "v1", served: true, storage: true, subresources: { status: {}, scale: {} } },
    { name: "v2", served: false, storage: false },
  ];
  const rows = customResourcesOf(definition({ scope: "Cluster", versions }));
  assert.deepEqual(
    rows.map(({ version, hasStatus, namespaced, singular }) => [
      version,
      hasStatus,
      namespaced,
      singular,
    ]),
    [
      ["v1", true, false, "widget"],
      ["v1beta1", false, false, "widget"],
      ["v2", false, false, "widget"],
    ],
  );
  assert.equal(
    rows[1]?.custom?.deprecation,
    "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget",
  );
  assert.equal(rows[2]?.custom?.isServed, false);
});

test("what is no definition makes nothing", () => {
  for (const spec of [
    {},
    { versions: "x" },
    { versions: [{ name: "v1" }] },
    { names: 3, versions: [{ name: "v1", storage: true }] },
  ]) {
    assert.deepEqual(customResourcesOf(definition(spec)), []);
  }
  assert.deepEqual(customResourcesOf({ ...definition({}), spec: null }), []);
});

test("a definition cleans up while its finalizer holds it", () => {
  const metadata = {
    name: "x",
    deletionTimestamp: "2026-01-01T00:00:00Z",
    finalizers: ["customresourcecleanup.apiextensions.k8s.io"],
  };
  assert(isCleaningUp({ ...definition({}), metadata }));
  assert(!isCleaningUp({ ...definition({}), metadata: { ...metadata, finalizers: [] } }));
});
