import assert from "node:assert/strict";
import { test } from "node:test";
import { printerOf } from "./printer.ts";

const template = {
  metadata: { labels: { app: "a" } },
  spec: { containers: [{ name: "a", image: "x" }], nodeSelector: { disk: "ssd" } },
};

function cells(name: string, group: string, object: object): readonly unknown[] {
  const metadata = { name: "a", creationTimestamp: "1970-01-01T00:00:00Z" };
  return printerOf({ name, group }).cells({ metadata, ...object }, 5000);
}

test("sets of pods show how many are ready of how many are wanted", () => {
  const spec = { replicas: 3, selector: { matchLabels: { app: "a" } }, template };
  const status = { replicas: 2, readyReplicas: 1 };
  assert.deepEqual(cells("statefulsets", "apps", { spec, status }), ["a", "1/3", "5s", "a", "x"]);
  const plain = { ...spec, selector: { app: "a" } };
  assert.deepEqual(cells("replicationcontrollers", "", { spec: plain, status }), [
    "a",
    3,
    2,
    1,
    "5s",
    "a",
    "x",
    "app=a",
  ]);
  const counts = { desiredNumberScheduled: 4, currentNumberScheduled: 3, numberReady: 2 };
  assert.deepEqual(cells("daemonsets", "apps", { spec, status: counts }), [
    "a",
    4,
    3,
    2,
    0,
    0,
    "disk=ssd",
    "5s",
    "a",
    "x",
    "app=a",
  ]);
});

test("a revision names its controller with its group", () => {
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", controller: true };
  const metadata = { name: "r", ownerReferences: [owner] };
  const row = cells("controllerrevisions", "apps", { metadata, revision: 2 });
  assert.deepEqual(row, ["r", "statefulset.apps/db", 2, "<unknown>"]);
  assert.equal(cells("controllerrevisions", "apps", {})[1], "<none>");
});

test("a pod template shows its containers and labels", () => {
  assert.deepEqual(cells("podtemplates", "", { template }), ["a", "a", "x", "app=a"]);
});
