import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { grant, testBinding } from "./test-role.ts";

const bob = { user: { name: "bob", groups: ["system:authenticated"] } };
const reviews = "/apis/authorization.k8s.io/v1";
const pods = { verb: "get", resource: "pods", namespace: "default" };

describe("reviews", () => {
  const client = new TestClient();

  test("tell who one is", () => {
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const { status, body } = client.send(`POST ${path}`, {}, bob);
    assert.equal(status, 201);
    assert.equal(textAt(body, "status", "userInfo", "username"), "bob");
    assert.equal(
      client.send(`GET ${path}`, undefined, bob).status,
      403,
      "only creating is granted",
    );
    assert.equal(client.send(`GET ${path}`).status, 405);
  });

  test("tell what one may do, and by what", () => {
    const ask = { spec: { resourceAttributes: pods } };
    const path = `POST ${reviews}/selfsubjectaccessreviews`;
    assert.equal(fieldAt(client.send(path, ask).body, "status", "allowed"), true);
    assert.equal(fieldAt(client.send(path, ask, bob).body, "status", "allowed"), false);
    grant(client, "default", testBinding("b", "ClusterRole/view", ["User bob"], "default"));
    assert.deepEqual(fieldAt(client.send(path, ask, bob).body, "status"), {
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/default" of ClusterRole "view"',
    });
    const health = { spec: { nonResourceAttributes: { verb: "get", path: "/healthz" } } };
    assert.equal(fieldAt(client.send(path, health, bob).body, "status", "allowed"), true);
  });

  test("list all that one may do", () => {
    const path = `POST ${reviews}/selfsubjectrulesreviews`;
    const rules = client.send(path, { spec: { namespace: "default" } });
    assert.deepEqual(listAt(rules.body, "status", "resourceRules", 0, "verbs"), ["*"]);
    const { body } = client.send(path, { spec: { namespace: "default" } }, bob);
    const resources = listAt(body, "status", "resourceRules").flatMap((rule) =>
      listAt(rule, "resources"),
    );
    assert(resources.includes("pods/log") && resources.includes("selfsubjectreviews"));
    assert.equal(fieldAt(body, "status", "incomplete"), false);
    const other = client.send(path, { spec: { namespace: "kube-system" } }, bob);
    assert(!JSON.stringify(other.body).includes("pods/log"));
  });

  test("tell what others may do to those who may ask", () => {
    const ask = { spec: { user: "cid", groups: ["system:masters"], resourceAttributes: {} } };
    const path = `POST ${reviews}/subjectaccessreviews`;
    assert.equal(fieldAt(client.send(path, ask).body, "status", "allowed"), true);
    assert.equal(client.send(path, ask, bob).status, 403);
    assert.equal(client.send(path, { kind: "Pod" }).status, 400);
  });

  test("of one namespace speak of that one", () => {
    const path = `POST ${reviews}/namespaces/default/localsubjectaccessreviews`;
    const ask = { spec: { user: "bob", resourceAttributes: pods } };
    assert.equal(fieldAt(client.send(path, ask).body, "status", "allowed"), true);
    const other = { spec: { user: "bob", resourceAttributes: { ...pods, namespace: "x" } } };
    assert.equal(client.send(path, other).status, 400);
  });
});
