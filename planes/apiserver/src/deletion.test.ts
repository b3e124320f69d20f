import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import { fieldAt, listAt, numberAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { configMapManifest, deploymentManifest, paths, podManifest } from "./test-object.ts";

const pod = `${paths.pods}/web`;

function clientWithPod(nodeName?: string): TestClient {
  const client = new TestClient();
  const spec = nodeName === undefined ? {} : { nodeName };
  client.send(`POST ${paths.pods}`, podManifest("web", spec));
  return client;
}

describe("delete of a pod", () => {
  test("is at once where it runs nowhere", () => {
    const client = clientWithPod();
    const { status, body } = client.send(`DELETE ${pod}`);
    assert.equal(status, 200);
    assert.equal(textAt(body, "kind"), "Pod");
    assert.equal(client.send(`GET ${pod}`).status, 404);
  });

  test("gives a running pod its grace", () => {
    const client = clientWithPod("ann");
    const { body } = client.send(`DELETE ${pod}`);
    assert.equal(textAt(body, "metadata", "deletionTimestamp"), "2026-01-01T00:00:30Z");
    assert.equal(numberAt(body, "metadata", "deletionGracePeriodSeconds"), 30);
    assert.equal(client.send(`GET ${pod}`).status, 200);
  });

  test("may shorten the grace, not prolong it", () => {
    const client = clientWithPod("ann");
    client.send(`DELETE ${pod}`);
    const before = client.store.revision;
    client.send(`DELETE ${pod}`, { kind: "DeleteOptions", gracePeriodSeconds: 60 });
    assert.equal(client.store.revision, before);
    client.pass(5000);
    const { body } = client.send(`DELETE ${pod}?gracePeriodSeconds=5`);
    assert.equal(textAt(body, "metadata", "deletionTimestamp"), "2026-01-01T00:00:10Z");
  });

  test("is at once by force, and once its containers have ended", () => {
    const forced = clientWithPod("ann");
    forced.send(`DELETE ${pod}`, { gracePeriodSeconds: 0 });
    assert.equal(forced.send(`GET ${pod}`).status, 404);
    const ended = clientWithPod("ann");
    ended.send(`PATCH ${pod}/status`, { status: { phase: "Succeeded" } }, merge);
    ended.send(`DELETE ${pod}`);
    assert.equal(ended.send(`GET ${pod}`).status, 404);
  });

  test("writes nothing in a dry run", () => {
    const client = clientWithPod();
    client.send(`DELETE ${pod}?dryRun=All`);
    assert.equal(client.send(`GET ${pod}`).status, 200);
  });
});

describe("delete of others", () => {
  test("says what is gone", () => {
    const client = new TestClient();
    client.send(`POST ${paths.configMaps}`, configMapManifest("conf"));
    const { body } = client.send(`DELETE ${paths.configMaps}/conf`);
    assert.equal(textAt(body, "status"), "Success");
    assert.equal(textAt(body, "details", "kind"), "configmaps");
    assert.equal(client.send(`DELETE ${paths.configMaps}/conf`).status, 404);
  });

  test("leaves foreground and orphan propagation to the garbage collector", () => {
    for (const [policy, finalizer] of [
      ["Foreground", "foregroundDeletion"],
      ["Orphan", "orphan"],
    ] as const) {
      const client = new TestClient();
      client.send(`POST ${paths.deployments}`, deploymentManifest("web"));
      const options = { kind: "DeleteOptions", propagationPolicy: policy };
      const { status, body } = client.send(`DELETE ${paths.deployments}/web`, options);
      assert.equal(status, policy === "Foreground" ? 202 : 200);
      assert.deepEqual(listAt(body, "metadata", "finalizers"), [finalizer]);
      assert.equal(fieldAt(body, "metadata", "generation"), 2);
    }
  });

  test("checks what the client believes", () => {
    const client = new TestClient();
    client.send(`POST ${paths.configMaps}`, configMapManifest("conf"));
    const url = `DELETE ${paths.configMaps}/conf`;
    assert.equal(client.send(url, { preconditions: { uid: "x" } }).status, 409);
    assert.equal(client.send(url, { preconditions: { resourceVersion: "1" } }).status, 409);
    assert.equal(client.send(url, { propagationPolicy: "Sideways" }).status, 422);
    const resourceVersion = client.store.revision;
    assert.equal(client.send(url, { preconditions: { resourceVersion } }).status, 200);
  });

  test("keeps a namespace until it is finalized, and the system's for ever", () => {
    const client = new TestClient();
    const shop = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
    client.send(`POST ${paths.namespaces}`, shop);
    const { body } = client.send(`DELETE ${paths.namespaces}/shop`);
    assert.equal(textAt(body, "status", "phase"), "Terminating");
    const empty = { ...shop, spec: { finalizers: [] } };
    assert.equal(client.send(`PUT ${paths.namespaces}/shop/finalize`, empty).status, 200);
    assert.equal(client.send(`GET ${paths.namespaces}/shop`).status, 404);
    assert.equal(client.send(`DELETE ${paths.namespaces}/default`).status, 403);
  });

  test("of a collection takes what the selector picks", () => {
    const client = new TestClient();
    for (const name of ["a", "b"]) client.send(`POST ${paths.pods}`, podManifest(name));
    const { status } = client.send(`DELETE ${paths.pods}?labelSelector=app%3Da`);
    assert.equal(status, 200);
    const pods = findResource("", "pods");
    assert(pods);
    const left = client.store.list(pods).items.map(({ metadata }) => metadata.name);
    assert.deepEqual(left, ["b"]);
  });
});

const merge = { contentType: "application/merge-patch+json" };
