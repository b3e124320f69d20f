import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths, podManifest } from "./test-object.ts";

const bindings = paths.pods.replace(/pods$/u, "bindings");

describe("resources without objects", () => {
  test("a Binding says where a pod runs", () => {
    const client = new TestClient();
    client.send(`POST ${paths.pods}`, podManifest("web"));
    const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "web" } };
    const target = { kind: "Node", name: "ann" };
    assert.equal(client.send(`POST ${bindings}`, { ...binding, target }).status, 201);
    const { body } = client.send(`GET ${paths.pods}/web`);
    assert.equal(textAt(body, "spec", "nodeName"), "ann");
    assert.equal(client.send(`POST ${bindings}`, { kind: "Binding" }).status, 400);
    assert.equal(client.send(`GET ${bindings}`).status, 405);
  });

  test("there are no components of a control plane", () => {
    const client = new TestClient();
    const { status, body } = client.send("GET /api/v1/componentstatuses");
    assert.equal(status, 200);
    assert.equal(textAt(body, "kind"), "ComponentStatusList");
    assert.deepEqual(listAt(body, "items"), []);
    assert.equal(client.send("GET /api/v1/componentstatuses/etcd-0").status, 404);
    assert.equal(client.send("DELETE /api/v1/componentstatuses/etcd-0").status, 405);
  });

  test("discovery names both", () => {
    const names = listAt(new TestClient().send("GET /api/v1").body, "resources").map((each) =>
      textAt(each, "name"),
    );
    assert(names.includes("bindings") && names.includes("componentstatuses"));
    assert(names.includes("pods/ephemeralcontainers"));
  });
});
