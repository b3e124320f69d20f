import assert from "node:assert/strict";
import { test } from "node:test";
import { listAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths } from "./test-object.ts";

test("finalize changes a namespace's finalizers and nothing else", () => {
  const client = new TestClient();
  const shop = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
  client.send(`POST ${paths.namespaces}`, shop);
  const url = `${paths.namespaces}/shop/finalize`;
  const sent = {
    ...shop,
    metadata: { name: "shop", labels: { a: "b" } },
    spec: { finalizers: [] },
  };
  const { status, body } = client.send(`PUT ${url}`, sent);
  assert.equal(status, 200);
  assert.deepEqual(listAt(body, "spec", "finalizers"), []);
  assert.equal(client.send(`GET ${paths.namespaces}/shop`).status, 200);
  assert.equal(client.send(`GET ${url}`).status, 405);
  const stale = { ...sent, metadata: { name: "shop", resourceVersion: "1" } };
  assert.equal(client.send(`PUT ${url}`, stale).status, 409);
});
