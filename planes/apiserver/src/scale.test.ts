import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import { fieldAt, numberAt, textAt } from "./field.ts";
import { scaleOf } from "./scale.ts";
import { TestClient } from "./test-client.ts";
import { deploymentManifest, paths } from "./test-object.ts";

const url = `${paths.deployments}/web/scale`;
const merge = { contentType: "application/merge-patch+json" };

function clientWithDeployment(): TestClient {
  const client = new TestClient();
  client.send(`POST ${paths.deployments}`, deploymentManifest("web", 2));
  return client;
}

describe("scale", () => {
  test("shows how many replicas are wanted and which pods they are", () => {
    const { body } = clientWithDeployment().send(`GET ${url}`);
    assert.equal(textAt(body, "kind"), "Scale");
    assert.equal(numberAt(body, "spec", "replicas"), 2);
    assert.equal(textAt(body, "status", "selector"), "app=web");
  });

  test("is changed by PATCH and PUT, which change the workload", () => {
    const client = clientWithDeployment();
    const patched = client.send(`PATCH ${url}`, { spec: { replicas: 3 } }, merge);
    assert.equal(numberAt(patched.body, "spec", "replicas"), 3);
    assert.equal(textAt(patched.body, "kind"), "Scale");
    const json = JSON.parse(JSON.stringify(patched.body));
    const put = client.send(`PUT ${url}`, { ...json, spec: { replicas: 0 } });
    assert.equal(put.status, 200);
    const { body } = client.send(`GET ${paths.deployments}/web`);
    assert.equal(fieldAt(body, "spec", "replicas"), 0);
    assert.equal(fieldAt(body, "metadata", "generation"), 3);
  });

  test("refuses a stale version, a negative number, and what is no Scale", () => {
    const client = clientWithDeployment();
    const { body } = client.send(`GET ${url}`);
    client.send(`PATCH ${url}`, { spec: { replicas: 3 } }, merge);
    assert.equal(client.send(`PUT ${url}`, JSON.parse(JSON.stringify(body))).status, 409);
    assert.equal(client.send(`PATCH ${url}`, { spec: { replicas: -1 } }, merge).status, 422);
    assert.equal(client.send(`PUT ${url}`, deploymentManifest("web")).status, 400);
    assert.equal(client.send(`DELETE ${url}`).status, 405);
  });
});

test("a workload without selector scales no pods", () => {
  const deployments = findResource("apps", "deployments");
  assert(deployments);
  const object = { apiVersion: "v1", kind: "X", metadata: { name: "x" } };
  const scale = scaleOf(object, deployments);
  assert.deepEqual(scale.status, { replicas: 0, selector: "" });
});

test("a ReplicationController's selector is labels alone", () => {
  const metadata = { name: "web", uid: "u" };
  const spec = { replicas: 1, selector: { app: "web", tier: "b" } };
  const controllers = findResource("", "replicationcontrollers");
  assert(controllers);
  const object = { apiVersion: "v1", kind: "ReplicationController", metadata, spec };
  const scale = scaleOf(object, controllers);
  assert.equal(textAt(scale, "status", "selector"), "app=web,tier=b");
});
