import assert from "node:assert/strict";
import { test } from "node:test";
import { podResource } from "./kinds.ts";
import { Shelf } from "./shelf.ts";

test("a shelf keeps a status with its uid, and tells another uid as a deletion", () => {
  const shelf = new Shelf();
  const told: string[] = [];
  shelf.onChange(({ kind, object }) => told.push(`${kind} ${object.metadata.uid}`));
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "n", uid: "1" } };
  const status = { phase: "Running" };
  shelf.putSpec(podResource, pod);
  shelf.putStatus(podResource, { ...pod, status });
  shelf.putSpec(podResource, pod);
  assert.deepEqual(shelf.get(podResource, "n", "a")?.status, status);
  shelf.putSpec(podResource, { ...pod, metadata: { ...pod.metadata, uid: "2" } });
  assert.equal(shelf.get(podResource, "n", "a")?.status, undefined);
  assert.deepEqual(told, ["added 1", "modified 1", "modified 1", "deleted 1", "added 2"]);
  assert.equal(shelf.list(podResource, "m").items.length, 0);
});
