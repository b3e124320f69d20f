import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject, Resource } from "@beemesh/model";
import { definitionResource } from "./kinds.ts";
import { Village } from "./village.ts";

const ending = {
  deletionTimestamp: "2026-01-01T00:00:00Z",
  deletionGracePeriodSeconds: 0,
  finalizers: ["customresourcecleanup.apiextensions.k8s.io"],
};

const definition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com", uid: "d" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget" },
    versions: [{ name: "v1", served: true, storage: true }],
  },
};

function widget(name: string, more: object = {}): KubeObject {
  return {
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name, namespace: "default", uid: name, ...more },
  };
}

const widgets: Resource = {
  ...definitionResource,
  name: "widgets",
  group: "example.com",
  version: "v1",
  kind: "Widget",
  namespaced: true,
};

function villageWith(...objects: readonly KubeObject[]): Village {
  const village = new Village({ machines: 3 });
  village.apply(definition);
  for (const object of objects) village.apply(object);
  village.pass(1000);
  return village;
}

function namesOf(village: Village, resource: Resource, machine = 0): readonly string[] {
  return village.list(resource, machine).map(({ metadata }) => metadata.name);
}

function endOf(village: Village): void {
  village.apply({ ...definition, metadata: { ...definition.metadata, ...ending } });
  village.pass(60_000);
}

describe("a definition that is deleted", () => {
  test("goes after what it defines, on every machine", () => {
    const village = villageWith(widget("a"), widget("b"));
    endOf(village);
    for (const machine of [0, 1, 2]) {
      assert.deepEqual(namesOf(village, widgets, machine), []);
      assert.deepEqual(namesOf(village, definitionResource, machine), []);
    }
  });

  test("waits for an object that somebody holds", () => {
    const village = villageWith(widget("a"), widget("held", { finalizers: ["example.com/mine"] }));
    endOf(village);
    assert.deepEqual(namesOf(village, widgets), ["held"]);
    assert.deepEqual(namesOf(village, definitionResource), ["widgets.example.com"]);
  });

  test("goes at once if it defines nothing that is there", () => {
    const village = villageWith();
    endOf(village);
    assert.deepEqual(namesOf(village, definitionResource), []);
  });
});

test("an object of a definition goes with what owned it", () => {
  const owner = { apiVersion: "example.com/v1", kind: "Widget", name: "a", uid: "a" };
  const village = villageWith(widget("a"), widget("b", { ownerReferences: [owner] }));
  village.delete(widgets, "a");
  village.pass(60_000);
  assert.deepEqual(namesOf(village, widgets), []);
});
