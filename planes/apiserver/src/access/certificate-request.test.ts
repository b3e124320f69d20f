import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { listAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { grant, testBinding, testRole } from "./test-role.ts";

const group = "certificates.k8s.io";
const path = `/apis/${group}/v1/certificatesigningrequests`;
const signerName = "kubernetes.io/kube-apiserver-client";
const bob = { user: { name: "bob", groups: ["system:authenticated"], uid: "7" } };

function requestOf(spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: `${group}/v1`,
    kind: "CertificateSigningRequest",
    metadata: { name: "bob" },
    spec: { request: "AAAA", signerName, usages: ["client auth"], ...spec },
  };
}

/** Bob may write requests. */
function clientOf(): TestClient {
  const client = new TestClient();
  const resources = ["certificatesigningrequests"];
  const verbs = ["create", "get", "update"];
  const rules = [{ verbs, apiGroups: [group], resources }];
  grant(client, "", testRole("c", rules), testBinding("c", "ClusterRole/c", ["User bob"]));
  return client;
}

describe("a CertificateSigningRequest", () => {
  test("says who asked, whatever they said of themselves, and keeps what was asked", () => {
    const client = clientOf();
    const lie = requestOf({ username: "root", groups: ["system:masters"] });
    const { status, body } = client.send(`POST ${path}`, lie, bob);
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(textAt(body, "spec", "username"), "bob");
    assert.equal(textAt(body, "spec", "uid"), "7");
    assert.deepEqual(listAt(body, "spec", "groups"), ["system:authenticated"]);
    const changed = requestOf({ request: "BBBB", username: "root" });
    const after = client.send(`PUT ${path}/bob`, changed, bob).body;
    assert.equal(textAt(after, "spec", "request"), "AAAA");
    assert.equal(textAt(after, "spec", "username"), "bob");
  });

  test("needs a request, a signer, usages and a life of ten minutes", () => {
    const client = clientOf();
    for (const spec of [
      { request: "" },
      { signerName: "none" },
      { usages: [] },
      { expirationSeconds: 60 },
    ]) {
      assert.equal(client.send(`POST ${path}`, requestOf(spec), bob).status, 422);
    }
  });
});
