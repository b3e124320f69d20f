import assert from "node:assert/strict";
import { test } from "node:test";
import { textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { configMapManifest, paths } from "../test-object.ts";

test("nothing is made in a namespace that is not there, or is on its way out", () => {
  const client = new TestClient();
  const target = "/api/v1/namespaces/gone/configmaps";
  const { status, body } = client.send(`POST ${target}`, configMapManifest("a"));
  assert.equal(status, 404);
  assert.equal(textAt(body, "message"), 'namespaces "gone" not found');
  client.send(`POST ${paths.namespaces}`, { metadata: { name: "gone" } });
  assert.equal(client.send(`POST ${target}`, configMapManifest("a")).status, 201);
  client.send(`DELETE ${paths.namespaces}/gone`);
  const late = client.send(`POST ${target}`, configMapManifest("b"));
  assert.equal(late.status, 403);
  assert.match(textAt(late.body, "message"), /because it is being terminated$/u);
});

test("what has no namespace is made anywhere", () => {
  const { status } = new TestClient().send(`POST ${paths.nodes}`, { metadata: { name: "n" } });
  assert.equal(status, 201);
});
