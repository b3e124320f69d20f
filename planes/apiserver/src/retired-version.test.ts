import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";

const metadata = { name: "made" };
const [batch, policy] = ["apis/batch", "apis/policy"];
const [jobs, budgets] = ["namespaces/default/cronjobs", "namespaces/default/poddisruptionbudgets"];

const container = { name: "a", image: "a" };
const podSpec = { restartPolicy: "Never", containers: [container] };
const cronJob = {
  apiVersion: "batch/v1beta1",
  kind: "CronJob",
  metadata,
  spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template: { spec: podSpec } } } },
};

function budget(version: string, selector: object): Parameters<TestClient["send"]>[1] {
  const spec = { minAvailable: 1, selector };
  return Object({ apiVersion: `policy/${version}`, kind: "PodDisruptionBudget", metadata, spec });
}

describe("versions that Kubernetes has retired", () => {
  test("a CronJob that kubectl 1.20 makes is one of the version of today", () => {
    const client = new TestClient();
    const sent = client.send(`POST /${batch}/v1beta1/${jobs}`, cronJob);
    assert.equal(sent.status, 201);
    assert.equal(textAt(sent.body, "apiVersion"), "batch/v1beta1");
    const kept = client.send(`GET /${batch}/v1/${jobs}/made`).body;
    assert.equal(textAt(kept, "apiVersion"), "batch/v1");
    assert.equal(textAt(kept, "spec", "schedule"), "0 3 * * *");
    const list = client.send(`GET /${batch}/v1beta1/${jobs}`).body;
    assert.equal(textAt(listAt(list, "items")[0], "apiVersion"), "batch/v1beta1");
  });

  test("an autoscaler is described with its conditions", () => {
    const client = new TestClient();
    const place = "namespaces/default/horizontalpodautoscalers";
    const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
    client.make(`/apis/autoscaling/v2/${place}`, {
      metadata,
      spec: { scaleTargetRef, maxReplicas: 3 },
    });
    const conditions = [{ type: "ScalingActive", status: "True" }];
    const merge = { contentType: "application/merge-patch+json" };
    const status = { status: { conditions } };
    client.send(`PATCH /apis/autoscaling/v2/${place}/made/status`, status, merge);
    const { body } = client.send(`GET /apis/autoscaling/v2beta2/${place}/made`);
    assert.equal(textAt(body, "apiVersion"), "autoscaling/v2beta2");
    assert.equal(textAt(listAt(body, "status", "conditions")[0], "type"), "ScalingActive");
  });

  test("an empty selector is no pods in policy/v1beta1, and all of them in policy/v1", () => {
    const [older, newer] = [`/${policy}/v1beta1/${budgets}`, `/${policy}/v1/${budgets}`];
    const matching = (operator: string): object => ({
      matchExpressions: [
        { key: "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match", operator },
      ],
    });
    const chosen = { matchLabels: { app: "web" } };
    for (const [selector, inNewer] of [
      [{}, matching("Exists")],
      [matching("DoesNotExist"), {}],
      [chosen, chosen],
    ] as const) {
      const client = new TestClient();
      assert.equal(client.send(`POST ${older}`, budget("v1beta1", selector)).status, 201);
      const read = (path: string): unknown =>
        fieldAt(client.send(`GET ${path}/made`).body, "spec", "selector");
      assert.deepEqual(read(newer), inNewer);
      assert.deepEqual(read(older), selector);
    }
  });

  test("discovery speaks of them to clients that are as old, as what is not preferred", () => {
    const client = new TestClient();
    const { body } = client.send(`GET /${policy}`);
    const versions = listAt(body, "versions").map((each) => textAt(each, "version"));
    assert.deepEqual(versions, ["v1", "v1beta1"]);
    assert.equal(textAt(body, "preferredVersion", "version"), "v1");
    const resources = listAt(client.send(`GET /${batch}/v1beta1`).body, "resources");
    assert.equal(textAt(resources[0], "name"), "cronjobs");
  });

  test("discovery does not speak of them to younger clients", () => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const { body } = new TestClient().send("GET /apis", undefined, { accept });
    const found = listAt(body, "items").find(
      (each) => textAt(each, "metadata", "name") === "batch",
    );
    const versions = listAt(found, "versions").map((each) => textAt(each, "version"));
    assert.deepEqual(versions, ["v1"]);
  });
});
