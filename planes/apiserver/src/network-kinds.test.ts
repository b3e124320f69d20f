/** The kinds of networking.k8s.io and beemesh.io through the whole API. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";

const network = "/apis/networking.k8s.io/v1";
const inShop = (root: string, resource: string): string => `${root}/namespaces/shop/${resource}`;
const policies = inShop(network, "networkpolicies");
const ingresses = inShop(network, "ingresses");
const externals = inShop("/apis/beemesh.io/v1", "externalworkloads");

function shopClient(): TestClient {
  const client = new TestClient();
  client.send("POST /api/v1/namespaces", { metadata: { name: "shop" } });
  return client;
}

const external: JsonObject = {
  apiVersion: "beemesh.io/v1",
  kind: "ExternalWorkload",
  metadata: { name: "db" },
  spec: { machine: "m1", ports: [{ port: 5432 }] },
};

describe("network kinds", () => {
  test("are made complete, counted and shown as tables", () => {
    const client = shopClient();
    const made = client.send(`POST ${policies}`, {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "deny" },
      spec: { podSelector: {} },
    });
    assert.equal(made.status, 201);
    assert.deepEqual(fieldAt(made.body, "spec"), { podSelector: {}, policyTypes: ["Ingress"] });
    assert.equal(fieldAt(made.body, "metadata", "generation"), 1);
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const { body } = client.send(`GET ${policies}`, undefined, { accept });
    assert.deepEqual(fieldAt(body, "rows", 0, "cells"), ["deny", "<none>", "0s"]);
  });

  test("are refused with the path of what is wrong", () => {
    const { status, body } = shopClient().send(`POST ${ingresses}`, {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "web" },
    });
    assert.equal(status, 422);
    assert.equal(textAt(body, "details", "causes", 0, "field"), "spec");
  });

  test("keep their status apart, through patches, and tell watches of it", () => {
    const client = shopClient();
    const sent = client.send(`POST ${externals}`, { ...external, status: { ready: true } });
    assert.deepEqual(fieldAt(sent.body, "status"), {});
    const watch = client.watch(`${externals}?watch=true`);
    const patched = client.send(
      `PATCH ${externals}/db/status`,
      { status: { ready: true, message: "it answers" } },
      { contentType: "application/merge-patch+json" },
    );
    assert.equal(patched.status, 200);
    assert.equal(fieldAt(patched.body, "spec", "address"), "127.0.0.1");
    const last = watch.events.at(-1);
    assert.equal(last?.type, "MODIFIED");
    assert.equal(fieldAt(last?.object, "status", "ready"), true);
    assert.equal(fieldAt(last?.object, "metadata", "generation"), 1);
  });

  test("are found under their short names, and deleted", () => {
    const client = shopClient();
    client.send(`POST ${externals}`, external);
    const { body } = client.send("GET /apis/beemesh.io/v1");
    assert.deepEqual(fieldAt(body, "resources", 0, "shortNames"), ["xw"]);
    assert.equal(client.send(`DELETE ${externals}/db`).status, 200);
    assert.equal(listAt(client.send(`GET ${externals}`).body, "items").length, 0);
  });
});
