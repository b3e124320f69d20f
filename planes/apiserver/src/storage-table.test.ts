import assert from "node:assert/strict";
import { test } from "node:test";
import { printerOf } from "./printer.ts";

function cells(name: string, group: string, object: object): readonly unknown[] {
  const metadata = { name: "a", creationTimestamp: "1970-01-01T00:00:00Z" };
  return printerOf({ name, group }).cells({ metadata, ...object }, 5000);
}

test("a volume shows its claim, a claim its volume", () => {
  const volume = {
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteMany", "ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      claimRef: { namespace: "shop", name: "data" },
      storageClassName: "fast",
      volumeMode: "Filesystem",
    },
    status: { phase: "Bound" },
  };
  assert.deepEqual(cells("persistentvolumes", "", volume), [
    "a",
    "1Gi",
    "RWO,RWX",
    "Retain",
    "Bound",
    "shop/data",
    "fast",
    "<unset>",
    "",
    "5s",
    "Filesystem",
  ]);
  const bound = {
    spec: { volumeName: "v", storageClassName: "fast" },
    status: { phase: "Bound", capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOncePod"] },
  };
  assert.deepEqual(cells("persistentvolumeclaims", "", bound), [
    "a",
    "Bound",
    "v",
    "1Gi",
    "RWOP",
    "fast",
    "<unset>",
    "5s",
    "<unset>",
  ]);
  const ending = { metadata: { name: "a", deletionTimestamp: "1970-01-01T00:00:00Z" } };
  assert.equal(cells("persistentvolumeclaims", "", ending)[1], "Terminating");
});

test("the default class says that it is", () => {
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  const row = cells("storageclasses", "storage.k8s.io", {
    metadata: { name: "fast", annotations },
    provisioner: "x",
  });
  assert.deepEqual(row, ["fast (default)", "x", "Delete", "Immediate", "false", "<unknown>"]);
});
