import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import { fieldAt, listAt, textAt } from "./field.ts";
import { patchKindOf } from "./patch.ts";
import { TestClient } from "./test-client.ts";
import { configMapManifest, deploymentManifest, paths } from "./test-object.ts";

const configMaps = findResource("", "configmaps");
assert(configMaps);
const url = `${paths.configMaps}/conf`;

function clientWithMap(): TestClient {
  const client = new TestClient();
  client.send(`POST ${paths.configMaps}`, configMapManifest("conf", { a: "1", b: "2" }));
  return client;
}

describe("patch", () => {
  test("knows its four kinds by their content types, and no other", () => {
    const kind = patchKindOf("application/merge-patch+json; charset=utf-8", {
      resource: configMaps,
    });
    assert.deepEqual(kind, { ok: true, value: "merge" });
    const { status, body } = clientWithMap().send(`PATCH ${url}`, {});
    assert.equal(status, 415);
    assert.match(textAt(body, "message"), /application\/apply-patch\+yaml/u);
  });

  test("merges, by the three rules", () => {
    const client = clientWithMap();
    const merge = { contentType: "application/merge-patch+json" };
    client.send(`PATCH ${url}`, { data: { a: null, c: "3" } }, merge);
    const json = { contentType: "application/json-patch+json" };
    client.send(`PATCH ${url}`, [{ op: "replace", path: "/data/b", value: "two" }], json);
    const strategic = { contentType: "application/strategic-merge-patch+json" };
    const { body } = client.send(`PATCH ${url}`, { data: { d: "4" } }, strategic);
    assert.deepEqual(fieldAt(body, "data"), { b: "two", c: "3", d: "4" });
  });

  test("merges lists by their keys in the strategic form", () => {
    const client = new TestClient();
    client.send(`POST ${paths.deployments}`, deploymentManifest("web"));
    const containers = [{ name: "web", image: "nginx:2" }];
    const change = { spec: { template: { spec: { containers } } } };
    const { body } = client.send(`PATCH ${paths.deployments}/web`, change, {
      contentType: "application/strategic-merge-patch+json",
    });
    const patched = listAt(body, "spec", "template", "spec", "containers");
    assert.equal(patched.length, 1);
    assert.equal(textAt(patched[0], "image"), "nginx:2");
    assert.equal(fieldAt(body, "metadata", "generation"), 2);
  });

  test("refuses to rename, a stale version, and what is not there", () => {
    const client = clientWithMap();
    const merge = { contentType: "application/merge-patch+json" };
    assert.equal(client.send(`PATCH ${url}`, { metadata: { name: "x" } }, merge).status, 400);
    const stale = { metadata: { resourceVersion: "1" } };
    assert.equal(client.send(`PATCH ${url}`, stale, merge).status, 409);
    assert.equal(client.send(`PATCH ${paths.configMaps}/none`, {}, merge).status, 404);
  });

  test("says that a JSON patch does not apply", () => {
    const json = { contentType: "application/json-patch+json" };
    const failing = [{ op: "test", path: "/data/a", value: "9" }];
    assert.equal(clientWithMap().send(`PATCH ${url}`, failing, json).status, 422);
  });
});

describe("server-side apply", () => {
  const apply = { contentType: "application/apply-patch+yaml" };

  test("creates what is not there, merges into what is, and records who did", () => {
    const client = new TestClient();
    const first = client.send(
      `PATCH ${url}?fieldManager=ann`,
      configMapManifest("conf", { a: "1" }),
      apply,
    );
    assert.equal(first.status, 201);
    const second = client.send(
      `PATCH ${url}?fieldManager=bob`,
      configMapManifest("conf", { b: "2" }),
      apply,
    );
    assert.equal(second.status, 200);
    assert.deepEqual(fieldAt(second.body, "data"), { a: "1", b: "2" });
    const managers = listAt(second.body, "metadata", "managedFields");
    assert.deepEqual(
      managers.map((entry) => textAt(entry, "manager")),
      ["ann", "bob"],
    );
  });

  test("needs a field manager", () => {
    const { status, body } = new TestClient().send(
      `PATCH ${url}`,
      configMapManifest("conf"),
      apply,
    );
    assert.equal(status, 422);
    assert.match(textAt(body, "message"), /fieldManager: Required value/u);
  });

  test("gives no new version when nothing changes", () => {
    const client = new TestClient();
    const send = (): void => {
      client.send(`PATCH ${url}?fieldManager=ann`, configMapManifest("conf", { a: "1" }), apply);
    };
    send();
    const before = client.store.revision;
    send();
    assert.equal(client.store.revision, before);
  });
});
