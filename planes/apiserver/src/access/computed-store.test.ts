import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { nodeManifest } from "../test-object.ts";
import { rbacPath } from "./test-role.ts";

const accounts = "/api/v1/namespaces/default/serviceaccounts";
const maps = "/api/v1/namespaces/default/configmaps";

function namesIn(list: unknown): readonly string[] {
  return listAt(list, "items").map((item) => textAt(item, "metadata", "name"));
}

describe("what is there without a record", () => {
  test("is listed in its order among what was written", () => {
    const client = new TestClient();
    assert(namesIn(client.send(`GET ${rbacPath}/clusterroles`).body).includes("cluster-admin"));
    for (const name of ["a", "z"]) client.send(`POST ${accounts}`, { metadata: { name } });
    assert.deepEqual(namesIn(client.send(`GET ${accounts}`).body), ["a", "default", "z"]);
    const all = namesIn(client.send("GET /api/v1/serviceaccounts").body);
    assert.equal(all.filter((name) => name === "default").length, 4, "one in each namespace");
  });

  test("is as old as the mesh", () => {
    const client = new TestClient();
    const { body } = client.send(`GET ${rbacPath}/clusterroles/view`);
    const home = client.send("GET /api/v1/namespaces/kube-system").body;
    const age = textAt(home, "metadata", "creationTimestamp");
    assert.notEqual(age, "");
    assert.equal(textAt(body, "metadata", "creationTimestamp"), age);
  });

  test("is in a new namespace at once, and not in one that ends or never was", () => {
    const client = new TestClient();
    const account = "/api/v1/namespaces/new/serviceaccounts/default";
    assert.equal(client.send(`GET ${account}`).status, 404);
    client.send("POST /api/v1/namespaces", { metadata: { name: "new" } });
    assert.equal(client.send(`GET ${account}`).status, 200);
    client.send("DELETE /api/v1/namespaces/new");
    assert.equal(client.send(`GET ${account}`).status, 404);
  });

  test("holds the machine's own authority", () => {
    const client = new TestClient({ rootCa: "PEM" });
    const { body } = client.send(`GET ${maps}/kube-root-ca.crt`);
    assert.equal(textAt(body, "data", "ca.crt"), "PEM");
    assert.equal(new TestClient().send(`GET ${maps}/kube-root-ca.crt`).status, 404);
    const wrong = { kind: "ConfigMap", metadata: { name: "kube-root-ca.crt" }, data: { a: "b" } };
    client.send(`PUT ${maps}/kube-root-ca.crt`, wrong);
    const again = client.send(`GET ${maps}/kube-root-ca.crt`).body;
    assert.deepEqual(fieldAt(again, "data"), { "ca.crt": "PEM" }, "whatever somebody writes");
  });

  test("can be written, and is told as changed to who watches", () => {
    const client = new TestClient();
    const { events } = client.watch(`${accounts}?watch=1&resourceVersion=${client.store.revision}`);
    const patch = { metadata: { labels: { a: "b" } } };
    const contentType = "application/merge-patch+json";
    const before = client.send(`GET ${accounts}/default`).body;
    const { status, body } = client.send(`PATCH ${accounts}/default`, patch, { contentType });
    assert.equal(status, 200);
    assert.equal(textAt(body, "metadata", "uid"), textAt(before, "metadata", "uid"));
    assert.deepEqual(
      events.map(({ type }) => type),
      ["MODIFIED"],
    );
  });

  test("is there again under a new uid when it is deleted", () => {
    const client = new TestClient({ rootCa: "PEM" });
    for (const path of [
      `${accounts}/default`,
      `${maps}/kube-root-ca.crt`,
      `${rbacPath}/clusterroles/view`,
    ]) {
      const uids = [0, 1, 2].map(() => {
        const uid = textAt(client.send(`GET ${path}`).body, "metadata", "uid");
        assert.equal(client.send(`DELETE ${path}`).status, 200);
        return uid;
      });
      assert.equal(new Set(uids).size, 3, path);
    }
  });
});

describe("the lease of a node", () => {
  const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

  test("is renewed while its machine is heard of, and nobody writes it", () => {
    const client = new TestClient();
    const { body: node } = client.send("POST /api/v1/nodes", nodeManifest("ann"));
    const { revision } = client.store;
    client.pass(25_000);
    const { body } = client.send(`GET ${leases}/ann`);
    assert.deepEqual(fieldAt(body, "spec"), {
      holderIdentity: "ann",
      leaseDurationSeconds: 40,
      renewTime: "2026-01-01T00:00:20.000000Z",
    });
    const uid = textAt(node, "metadata", "uid");
    assert.deepEqual(listAt(body, "metadata", "ownerReferences"), [
      { apiVersion: "v1", kind: "Node", name: "ann", uid },
    ]);
    client.dead.add("ann");
    client.api.machinesChanged(client.now);
    client.pass(60_000);
    const silent = client.send(`GET ${leases}/ann`).body;
    assert.equal(textAt(silent, "spec", "renewTime"), "2026-01-01T00:00:25.000000Z");
    assert.equal(client.store.revision, revision);
  });

  test("is in its own namespace, beside leases of others", () => {
    const client = new TestClient();
    client.send("POST /api/v1/nodes", nodeManifest("ann"));
    client.send(`POST ${leases}`, { metadata: { name: "mine" } });
    assert.deepEqual(namesIn(client.send(`GET ${leases}`).body), ["ann", "mine"]);
    const all = client.send("GET /apis/coordination.k8s.io/v1/leases").body;
    assert.deepEqual(namesIn(all), ["ann", "mine"]);
    const other = leases.replace("kube-node-lease", "default");
    assert.deepEqual(namesIn(client.send(`GET ${other}`).body), []);
    assert.equal(client.send(`GET ${other}/ann`).status, 404);
    client.send("DELETE /api/v1/nodes/ann");
    assert.deepEqual(namesIn(client.send(`GET ${leases}`).body), ["mine"]);
  });
});
