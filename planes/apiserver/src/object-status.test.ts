import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldAt, numberAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { deploymentManifest, paths } from "./test-object.ts";

const url = `${paths.deployments}/web/status`;
const merge = { contentType: "application/merge-patch+json" };

function clientWithDeployment(): TestClient {
  const client = new TestClient();
  client.send(`POST ${paths.deployments}`, deploymentManifest("web"));
  return client;
}

test("a status is written without the specification, and counts no generation", () => {
  const client = clientWithDeployment();
  const sent = { ...deploymentManifest("web", 9), status: { replicas: 4 } };
  const { status, body } = client.send(`PUT ${url}`, sent);
  assert.equal(status, 200);
  assert.equal(numberAt(body, "status", "replicas"), 4);
  assert.equal(numberAt(body, "spec", "replicas"), 1);
  assert.equal(numberAt(body, "metadata", "generation"), 1);
});

test("a status is patched, read, and not written twice", () => {
  const client = clientWithDeployment();
  client.send(`PATCH ${url}`, { status: { readyReplicas: 1 } }, merge);
  const before = client.store.revision;
  client.send(`PATCH ${url}`, { status: { readyReplicas: 1 } }, merge);
  client.send(`PATCH ${url}?dryRun=All`, { status: { readyReplicas: 2 } }, merge);
  assert.equal(client.store.revision, before);
  assert.equal(fieldAt(client.send(`GET ${url}`).body, "status", "readyReplicas"), 1);
});

test("a stale status is refused, as is another method", () => {
  const client = clientWithDeployment();
  const metadata = { name: "web", resourceVersion: "1" };
  const { status, body } = client.send(`PUT ${url}`, { ...deploymentManifest("web"), metadata });
  assert.equal(status, 409);
  assert.equal(textAt(body, "reason"), "Conflict");
  assert.equal(client.send(`DELETE ${url}`).status, 405);
});
