import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@beemesh/wire";
import { fieldAt, listAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { grant, testBinding, testRole } from "./test-role.ts";

const group = "certificates.k8s.io";
const path = `/apis/${group}/v1/certificatesigningrequests`;
const signerName = "kubernetes.io/kube-apiserver-client";
const bob = { user: { name: "bob", groups: ["system:authenticated"] } };

function requestOf(): JsonObject {
  return {
    apiVersion: `${group}/v1`,
    kind: "CertificateSigningRequest",
    metadata: { name: "bob" },
    spec: { request: "AAAA", signerName, usages: ["client auth"] },
  };
}

/** Bob may write requests, and approve them if he may. */
function clientOf(approves: readonly string[] = []): TestClient {
  const client = new TestClient();
  const resources = ["certificatesigningrequests", "certificatesigningrequests/approval"];
  const verbs = ["create", "get", "update"];
  const rules = [
    { verbs, apiGroups: [group], resources },
    {
      verbs: ["approve"],
      apiGroups: [group],
      resources: ["signers"],
      resourceNames: [...approves],
    },
  ].slice(0, approves.length === 0 ? 1 : 2);
  grant(client, "", testRole("c", rules), testBinding("c", "ClusterRole/c", ["User bob"]));
  return client;
}

function approved(request: unknown, ...types: readonly string[]): Json {
  const conditions = types.map((type) => ({ type, status: "True", reason: "Test" }));
  return JSON.parse(JSON.stringify({ ...Object(request), status: { conditions } }));
}

describe("a CertificateSigningRequest", () => {
  test("is approved by who may approve for its signer, and not by its status", () => {
    const client = clientOf();
    const { body } = client.send(`POST ${path}`, requestOf(), bob);
    const refused = client.send(`PUT ${path}/bob/approval`, approved(body, "Approved"), bob);
    assert.equal(refused.status, 403);
    assert.match(textAt(refused.body, "message"), /not permitted to approve requests with signer/u);
    const byStatus = client.send(`PUT ${path}/bob/status`, approved(body, "Approved")).body;
    assert.deepEqual(fieldAt(byStatus, "status", "conditions"), []);
    const both = approved(byStatus, "Approved", "Denied");
    assert.equal(client.send(`PUT ${path}/bob/approval`, both).status, 422);
    const done = client.send(`PUT ${path}/bob/approval`, approved(byStatus, "Approved"));
    assert.equal(done.status, 200, JSON.stringify(done.body));
    const [condition] = listAt(done.body, "status", "conditions");
    assert.equal(textAt(condition, "type"), "Approved");
    assert.match(textAt(condition, "lastTransitionTime"), /^2026-/u);
  });

  test("is approved with a right to all of a domain's signers", () => {
    const client = clientOf(["kubernetes.io/*"]);
    const { body } = client.send(`POST ${path}`, requestOf(), bob);
    const done = client.send(`PUT ${path}/bob/approval`, approved(body, "Approved"), bob);
    assert.equal(done.status, 200, JSON.stringify(done.body));
  });
});
