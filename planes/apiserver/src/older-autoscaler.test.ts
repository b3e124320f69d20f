import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, mapAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";

const place = "namespaces/default/horizontalpodautoscalers";
const [v1, v2] = [`/apis/autoscaling/v1/${place}`, `/apis/autoscaling/v2/${place}`];
const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const metadata = { name: "web" };

function autoscaler(apiVersion: string, spec: object): Record<string, never> {
  const whole = { scaleTargetRef, maxReplicas: 5, ...spec };
  return Object({ apiVersion, kind: "HorizontalPodAutoscaler", metadata, spec: whole });
}

describe("the older view of autoscalers", () => {
  test("what kubectl autoscale makes is one object, seen in two ways", () => {
    const client = new TestClient();
    const sent = client.send(
      `POST ${v1}`,
      autoscaler("autoscaling/v1", { targetCPUUtilizationPercentage: 70 }),
    );
    assert.equal(sent.status, 201);
    assert.equal(textAt(sent.body, "apiVersion"), "autoscaling/v1");
    assert.equal(fieldAt(sent.body, "spec", "targetCPUUtilizationPercentage"), 70);
    const stored = client.send(`GET ${v2}/web`).body;
    assert.equal(textAt(stored, "apiVersion"), "autoscaling/v2");
    const target = { type: "Utilization", averageUtilization: 70 };
    assert.deepEqual(listAt(stored, "spec", "metrics"), [
      { type: "Resource", resource: { name: "cpu", target } },
    ]);
    const { body } = client.send(`GET ${v1}`);
    assert.equal(textAt(body, "apiVersion"), "autoscaling/v1");
    assert.equal(textAt(listAt(body, "items")[0], "apiVersion"), "autoscaling/v1");
  });

  test("what it cannot say is not lost on the way back", () => {
    const client = new TestClient();
    const memory = {
      type: "Resource",
      resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } },
    };
    const behavior = { scaleDown: { selectPolicy: "Disabled" } };
    client.send(`POST ${v2}`, autoscaler("autoscaling/v2", { metrics: [memory], behavior }));
    const before = client.send(`GET ${v2}/web`).body;
    const old = Object(client.send(`GET ${v1}/web`).body);
    assert.equal(fieldAt(old, "spec", "metrics"), undefined);
    const spec = { ...mapAt(old, "spec"), maxReplicas: 6 };
    assert.equal(client.send(`PUT ${v1}/web`, { ...old, spec }).status, 200);
    const after = client.send(`GET ${v2}/web`).body;
    assert.deepEqual(mapAt(after, "spec"), { ...mapAt(before, "spec"), maxReplicas: 6 });
    assert.equal(fieldAt(after, "metadata", "annotations", "autoscaling.alpha"), undefined);
  });

  test("is patched, watched and refused as the other one", () => {
    const client = new TestClient();
    client.send(`POST ${v1}`, autoscaler("autoscaling/v1", {}));
    const watch = client.watch(`${v1}?watch=true`);
    const contentType = "application/merge-patch+json";
    const patch = { spec: { targetCPUUtilizationPercentage: 50 } };
    const patched = client.send(`PATCH ${v1}/web`, patch, { contentType });
    assert.equal(fieldAt(patched.body, "spec", "targetCPUUtilizationPercentage"), 50);
    const seen = watch.events.map(({ object }) => textAt(object, "apiVersion"));
    assert(seen.length >= 1 && seen.every((version) => version === "autoscaling/v1"), seen.join());
    const wrong = client.send(`POST ${v1}`, autoscaler("autoscaling/v1", { maxReplicas: 0 }));
    assert.equal(wrong.status, 422);
    assert.equal(client.send("GET /apis/autoscaling/v1/nothing").status, 404);
  });

  test("discovery names all versions, the newest one first", () => {
    const client = new TestClient();
    const versions = listAt(client.send("GET /apis/autoscaling").body, "versions");
    assert.deepEqual(
      versions.map((each) => textAt(each, "version")),
      ["v2", "v1", "v2beta2"],
    );
    const [resource] = listAt(client.send("GET /apis/autoscaling/v1").body, "resources");
    assert.equal(textAt(resource, "name"), "horizontalpodautoscalers");
  });
});
