import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths, podManifest } from "./test-object.ts";

function clientWithPod(): TestClient {
  const client = new TestClient();
  client.send(`POST ${paths.pods}`, podManifest("web"));
  return client;
}

describe("binding", () => {
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "web" } };
  const url = `POST ${paths.pods}/web/binding`;

  test("names the machine, once", () => {
    const client = clientWithPod();
    const sent = { ...binding, target: { kind: "Node", name: "ann" } };
    assert.equal(client.send(url, sent).status, 201);
    const { body } = client.send(`GET ${paths.pods}/web`);
    assert.equal(textAt(body, "spec", "nodeName"), "ann");
    const again = client.send(url, sent);
    assert.equal(again.status, 409);
    assert.match(textAt(again.body, "message"), /already assigned to node "ann"/u);
  });

  test("needs a machine and its own kind and name", () => {
    const client = clientWithPod();
    assert.equal(client.send(url, binding).status, 422);
    assert.equal(client.send(url, { kind: "Pod" }).status, 400);
    assert.equal(client.send(url, { ...binding, metadata: { name: "x" } }).status, 400);
    assert.equal(client.send(`GET ${paths.pods}/web/binding`).status, 405);
  });
});

describe("eviction", () => {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "web" } };
  const url = `POST ${paths.pods}/web/eviction`;

  test("deletes the pod, with the asked grace", () => {
    const client = new TestClient();
    client.send(`POST ${paths.pods}`, podManifest("web", { nodeName: "ann" }));
    const sent = { ...eviction, deleteOptions: { gracePeriodSeconds: 5 } };
    const { status, body } = client.send(url, sent);
    assert.equal(status, 201);
    assert.equal(textAt(body, "status"), "Success");
    const pod = client.send(`GET ${paths.pods}/web`).body;
    assert.equal(textAt(pod, "metadata", "deletionTimestamp"), "2026-01-01T00:00:05Z");
  });

  test("evicts nobody in a dry run, and nobody who is not there", () => {
    const client = clientWithPod();
    assert.equal(client.send(`${url}?dryRun=All`, eviction).status, 201);
    assert.equal(client.send(`GET ${paths.pods}/web`).status, 200);
    client.send(url, eviction);
    assert.equal(client.send(url, eviction).status, 404);
  });
});
