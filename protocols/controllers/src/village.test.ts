import assert from "node:assert/strict";
import { test } from "node:test";
import { podResource } from "./kinds.ts";
import { Village } from "./village.ts";

test("a bare pod gets a machine, and becomes ready there", () => {
  const village = new Village({ machines: 3 });
  village.apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", namespace: "default", uid: "A" },
    spec: { containers: [] },
  });
  village.pass(2000);
  assert.equal(village.running().length, 1);
  for (const machine of [0, 1, 2]) {
    assert.match(JSON.stringify(village.list(podResource, machine)), /"phase":"Running"/u);
  }
});
