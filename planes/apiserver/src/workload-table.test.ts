import assert from "node:assert/strict";
import { test } from "node:test";
import { deploymentPrinter, replicaSetPrinter, scalePrinter } from "./workload-table.ts";

const workload = {
  metadata: { name: "web", creationTimestamp: "1970-01-01T00:00:00Z" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: { spec: { containers: [{ name: "web", image: "nginx" }] } },
  },
  status: { replicas: 2, readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 },
};

test("workloads show how far they are", () => {
  const template = ["web", "nginx", "app=web"];
  assert.deepEqual(deploymentPrinter.cells(workload, 0), ["web", "1/3", 2, 1, "0s", ...template]);
  assert.deepEqual(scalePrinter.cells(workload, 0), ["web", 3, 2, "0s"]);
  assert.deepEqual(replicaSetPrinter.cells(workload, 0), ["web", 3, 2, 1, "0s", ...template]);
});
