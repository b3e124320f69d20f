import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { Census, keyOf } from "./census.ts";
import { podResource } from "./kinds.ts";
import { Shelf } from "./shelf.ts";

function pod(name: string, { machine = "", owner = "R" } = {}): KubeObject {
  const reference = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: owner };
  const nodeName = machine === "" ? {} : { nodeName: machine };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: name, ownerReferences: [reference] },
    spec: { containers: [], ...nodeName },
  };
}

test("the census follows owners, machines, collections and deletions", () => {
  const shelf = new Shelf();
  shelf.putSpec(podResource, pod("a"));
  const census = new Census(shelf);
  shelf.onChange((change) => census.apply(change));
  shelf.putSpec(podResource, pod("b", { machine: "ann" }));
  assert.deepEqual(
    census.ownedBy("R").map((entry) => keyOf(entry)),
    ["pods/default/a", "pods/default/b"],
  );
  assert.deepEqual([...census.machines()], ["ann"]);
  shelf.putSpec(podResource, pod("b", { machine: "bob", owner: "S" }));
  assert.deepEqual(census.podsOn("ann"), []);
  assert.equal(census.podsOn("bob").length, 1);
  assert.equal(census.ownedBy("S").length, 1);
  shelf.remove(podResource, "default", "b");
  assert.deepEqual(census.ownedBy("S"), []);
  assert.equal(census.wasDeleted("b"), true);
  assert.equal(census.wasDeleted("a"), false);
  assert.deepEqual(
    [...census.collections()].map(([collection, keys]) => [collection, keys.size]),
    [["pods/default", 1]],
  );
});
