import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { grant, pathOf, testBinding, testRole, testRule } from "./test-role.ts";

const bob = { user: { name: "bob", groups: ["devs"] } };

/** Somebody who may write all of RBAC in a namespace, and read pods. */
function clientOfBob(...more: Parameters<typeof testRule>[]): TestClient {
  const client = new TestClient();
  const group = "rbac.authorization.k8s.io";
  const resources = ["roles", "rolebindings", "clusterroles", "clusterrolebindings"];
  const writes = { verbs: ["create", "update", "get"], apiGroups: [group], resources };
  const rules = [writes, testRule("get,list", "pods"), ...more.map((rule) => testRule(...rule))];
  grant(client, "", testRole("bobs", rules), testBinding("bobs", "ClusterRole/bobs", ["User bob"]));
  return client;
}

describe("whoever writes roles", () => {
  test("hands on what they have, and no more", () => {
    const client = clientOfBob();
    const own = testRole("own", [testRule("get", "pods")], "default");
    assert.equal(client.send(`POST ${pathOf(own, "default")}`, own, bob).status, 201);
    const more = testRole("more", [testRule("get,delete", "pods")], "default");
    const { status, body } = client.send(`POST ${pathOf(more, "default")}`, more, bob);
    assert.equal(status, 403);
    assert.equal(
      textAt(body, "message"),
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "bob" (groups=["devs"]) is' +
        " attempting to grant RBAC permissions not currently held:\n" +
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
    );
    const grown = { ...own, rules: more["rules"] ?? null };
    assert.equal(client.send(`PUT ${pathOf(own, "default")}/own`, grown, bob).status, 403);
    assert.equal(client.send(`PUT ${pathOf(own, "default")}/own`, own, bob).status, 200);
  });

  test("gather roles only if they may do everything", () => {
    const client = clientOfBob();
    const role = testRole("gathers", []);
    const clusterRoleSelectors = [{ matchLabels: { all: "true" } }];
    const gathering = { ...role, aggregationRule: { clusterRoleSelectors } };
    assert.equal(client.send(`POST ${pathOf(role)}`, gathering, bob).status, 403);
    assert.equal(client.send(`POST ${pathOf(role)}`, gathering).status, 201);
  });

  test("bind what they have, or are allowed to bind", () => {
    const client = clientOfBob();
    const own = testBinding("own", "ClusterRole/bobs", ["User eve"], "default");
    assert.equal(client.send(`POST ${pathOf(own, "default")}`, own, bob).status, 201);
    const admin = testBinding("top", "ClusterRole/cluster-admin", ["User eve"], "default");
    assert.equal(client.send(`POST ${pathOf(admin, "default")}`, admin, bob).status, 403);
    const group = "rbac.authorization.k8s.io";
    const bind = { verbs: ["bind"], apiGroups: [group], resources: ["clusterroles"] };
    const named = { ...bind, resourceNames: ["cluster-admin"] };
    grant(client, "", testRole("b", [named]), testBinding("b", "ClusterRole/b", ["Group devs"]));
    assert.equal(client.send(`POST ${pathOf(admin, "default")}`, admin, bob).status, 201);
    const none = testBinding("none", "ClusterRole/none", ["User eve"]);
    assert.equal(client.send(`POST ${pathOf(none)}`, none, bob).status, 404);
  });

  test("grant more with the verb escalate", () => {
    const client = clientOfBob();
    const more = testRole("more", [testRule("delete", "pods")]);
    assert.equal(client.send(`POST ${pathOf(more)}`, more, bob).status, 403);
    const group = "rbac.authorization.k8s.io";
    const rule = { verbs: ["escalate"], apiGroups: [group], resources: ["clusterroles"] };
    grant(client, "", testRole("e", [rule]), testBinding("e", "ClusterRole/e", ["User bob"]));
    assert.equal(client.send(`POST ${pathOf(more)}`, more, bob).status, 201);
  });
});
