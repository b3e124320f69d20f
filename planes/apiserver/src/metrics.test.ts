/** Source: k8s.io/metrics, pkg/apis/metrics/v1beta1/types.go. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MachineUsage } from "@beemesh/ports";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { nodeManifest, paths, podManifest } from "./test-object.ts";

const root = "/apis/metrics.k8s.io/v1beta1";
const wallMs = Date.UTC(2026, 0, 1);

/** Nodes `m1` and `m2`, and a pod on each whose usage machine m1 tells. */
function scene(): TestClient {
  const usages: MachineUsage[] = [];
  const client = new TestClient({ usage: () => usages });
  const labelled = { ...nodeManifest("m1"), metadata: { name: "m1", labels: { disk: "fast" } } };
  client.send("POST /api/v1/nodes", labelled);
  client.send("POST /api/v1/nodes", nodeManifest("m2"));
  const pods = ["m1", "m2"].map((nodeName) => {
    const name = `on-${nodeName}`;
    const { body } = client.send(`POST ${paths.pods}`, podManifest(name, { nodeName }));
    const used = { name: "web", cpuNanocores: 1_500_000, memoryBytes: 5000 };
    return { uid: textAt(body, "metadata", "uid"), containers: [used] };
  });
  const amounts = { cpuNanocores: 250_000_000, memoryBytes: 1_048_576 };
  usages.push({ machine: "m1", wallMs, windowMs: 15_200, ...amounts, pods });
  return client;
}

describe("metrics.k8s.io", () => {
  test("tells what nodes use that have told it", () => {
    const client = scene();
    const { body } = client.send(`GET ${root}/nodes`);
    assert.equal(textAt(body, "kind"), "NodeMetricsList");
    assert.deepEqual(listAt(body, "items"), [
      {
        kind: "NodeMetrics",
        apiVersion: "metrics.k8s.io/v1beta1",
        metadata: {
          name: "m1",
          labels: { disk: "fast" },
          creationTimestamp: "2026-01-01T00:00:00Z",
        },
        timestamp: "2026-01-01T00:00:00Z",
        window: "15.2s",
        usage: { cpu: "250000000n", memory: "1024Ki" },
      },
    ]);
    assert.equal(client.send(`GET ${root}/nodes/m1`).status, 200);
    const missing = client.send(`GET ${root}/nodes/m2`);
    assert.equal(missing.status, 404);
    assert.equal(textAt(missing.body, "reason"), "NotFound");
  });

  test("tells what pods use, and believes of a pod its own machine alone", () => {
    const client = scene();
    const { body } = client.send(`GET ${root}/pods`);
    const items = listAt(body, "items");
    assert.deepEqual(
      items.map((item) => textAt(item, "metadata", "name")),
      ["on-m1"],
    );
    assert.deepEqual(fieldAt(items[0], "containers"), [
      { name: "web", usage: { cpu: "1500000n", memory: "5Ki" } },
    ]);
    const one = client.send(`GET ${root}/namespaces/default/pods/on-m1`);
    assert.equal(textAt(one.body, "metadata", "namespace"), "default");
    assert.equal(client.send(`GET ${root}/namespaces/default/pods/on-m2`).status, 404);
  });

  test("selects by labels and fields of the pod or node itself", () => {
    const client = scene();
    const count = (query: string): number =>
      listAt(client.send(`GET ${root}/${query}`).body, "items").length;
    assert.equal(count("pods?labelSelector=app%3Don-m1"), 1);
    assert.equal(count("pods?labelSelector=app%3Don-m2"), 0);
    assert.equal(count("pods?fieldSelector=spec.nodeName%3Dm1"), 1);
    assert.equal(count("pods?fieldSelector=metadata.namespace%3Dother"), 0);
    assert.equal(count("nodes?labelSelector=disk%3Dslow"), 0);
  });

  test("is a table for kubectl get", () => {
    const client = scene();
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const cells = (kind: string): unknown =>
      fieldAt(client.send(`GET ${root}/${kind}`, undefined, { accept }).body, "rows", 0, "cells");
    assert.deepEqual(cells("nodes"), ["m1", "250000000n", "1024Ki", "15.2s"]);
    assert.deepEqual(cells("pods"), ["on-m1", "1500000n", "5Ki", "15.2s"]);
  });

  test("is read only", () => {
    const client = scene();
    assert.equal(client.send(`DELETE ${root}/nodes/m1`).status, 405);
    assert.equal(client.send(`GET ${root}/nodes/m1/status`).status, 405);
    assert.equal(client.send(`GET ${root}/nodes?watch=true`).status, 405);
  });
});
