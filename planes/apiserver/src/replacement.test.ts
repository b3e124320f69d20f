import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { fieldAt, mapAt, numberAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { configMapManifest, deploymentManifest, paths } from "./test-object.ts";

const url = `${paths.deployments}/web`;

function clientWithDeployment(): { client: TestClient; created: JsonObject } {
  const client = new TestClient();
  const { body } = client.send(`POST ${paths.deployments}`, deploymentManifest("web"));
  return { client, created: objectOf(body) };
}

function objectOf(body: unknown): JsonObject {
  const object: JsonObject = JSON.parse(JSON.stringify(body));
  return object;
}

function withReplicas(deployment: JsonObject, replicas: number): JsonObject {
  return objectOf({ ...deployment, spec: { ...mapAt(deployment, "spec"), replicas } });
}

describe("update", () => {
  test("counts changes of the specification and of nothing else", () => {
    const { client, created } = clientWithDeployment();
    const second = client.send(`PUT ${url}`, withReplicas(created, 2));
    assert.equal(numberAt(second.body, "metadata", "generation"), 2);
    const labelled = { ...objectOf(second.body) };
    const metadata = { ...mapAt(labelled, "metadata"), labels: { a: "b" } };
    const third = client.send(`PUT ${url}`, objectOf({ ...labelled, metadata }));
    assert.equal(numberAt(third.body, "metadata", "generation"), 2);
  });

  test("refuses a writer who has not seen the newest version", () => {
    const { client, created } = clientWithDeployment();
    client.send(`PUT ${url}`, withReplicas(created, 2));
    const { status, body } = client.send(`PUT ${url}`, withReplicas(created, 3));
    assert.equal(status, 409);
    assert.match(textAt(body, "message"), /the object has been modified; please apply/u);
  });

  test("takes a writer who names no version, but not one who names another object", () => {
    const { client } = clientWithDeployment();
    assert.equal(client.send(`PUT ${url}`, deploymentManifest("web", 5)).status, 200);
    const stranger = { ...deploymentManifest("web"), metadata: { name: "web", uid: "x" } };
    const { status, body } = client.send(`PUT ${url}`, stranger);
    assert.equal(status, 409);
    assert.match(textAt(body, "message"), /UID in precondition: x/u);
  });

  test("keeps uid, creation and status, whatever is sent", () => {
    const { client, created } = clientWithDeployment();
    client.send(`PATCH ${url}/status`, { status: { replicas: 1 } }, merge);
    const sent = { ...deploymentManifest("web", 2), status: { replicas: 9 } };
    const { body } = client.send(`PUT ${url}`, sent);
    assert.equal(textAt(body, "metadata", "uid"), textAt(created, "metadata", "uid"));
    assert.equal(textAt(body, "metadata", "creationTimestamp"), "2026-01-01T00:00:00Z");
    assert.equal(numberAt(body, "status", "replicas"), 1);
  });

  test("gives no new version for no change", () => {
    const { client, created } = clientWithDeployment();
    const before = client.store.revision;
    assert.equal(client.send(`PUT ${url}`, created).status, 200);
    assert.equal(client.store.revision, before);
  });

  test("needs an object that is there, under its own name", () => {
    const client = new TestClient();
    assert.equal(client.send(`PUT ${url}`, deploymentManifest("web")).status, 404);
    const { status, body } = client.send(`PUT ${url}`, deploymentManifest("other"));
    assert.equal(status, 400);
    assert.match(textAt(body, "message"), /\(other\) does not match the name on the URL \(web\)/u);
  });

  test("writes nothing in a dry run", () => {
    const { client, created } = clientWithDeployment();
    const before = client.store.revision;
    const { body } = client.send(`PUT ${url}?dryRun=All`, withReplicas(created, 4));
    assert.equal(numberAt(body, "spec", "replicas"), 4);
    assert.equal(client.store.revision, before);
  });
});

describe("finalizers", () => {
  test("keep a deleted object until the last is gone, and none can be added then", () => {
    const client = new TestClient();
    const metadata = { name: "conf", finalizers: ["example.com/a"] };
    client.send(`POST ${paths.configMaps}`, { ...configMapManifest("conf"), metadata });
    const deleted = client.send(`DELETE ${paths.configMaps}/conf`);
    assert.equal(textAt(deleted.body, "metadata", "deletionTimestamp"), "2026-01-01T00:00:00Z");
    const more = { metadata: { finalizers: ["example.com/a", "example.com/b"] } };
    const refused = client.send(`PATCH ${paths.configMaps}/conf`, more, merge);
    assert.equal(refused.status, 422);
    const none = { metadata: { finalizers: [] } };
    const done = client.send(`PATCH ${paths.configMaps}/conf`, none, merge);
    assert.equal(done.status, 200);
    assert.equal(fieldAt(done.body, "metadata", "name"), "conf");
    assert.equal(client.send(`GET ${paths.configMaps}/conf`).status, 404);
  });
});

const merge = { contentType: "application/merge-patch+json" };
