import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths } from "./test-object.ts";

const bob = { user: { name: "bob", groups: ["system:authenticated"] } };
const reviews = "/apis/authorization.k8s.io/v1";

describe("authorization", () => {
  test("lets masters do everything and others nothing but look around", () => {
    const client = new TestClient();
    assert.equal(client.send(`GET ${paths.pods}`).status, 200);
    const { status, body } = client.send(`GET ${paths.pods}/web`, undefined, bob);
    assert.equal(status, 403);
    assert.equal(
      textAt(body, "message"),
      'pods "web" is forbidden: User "bob" cannot get resource "pods" in API group ""' +
        ' in the namespace "default"',
    );
    assert.equal(client.send("GET /api", undefined, bob).status, 200);
    assert.equal(client.send("GET /metrics", undefined, bob).status, 403);
    assert.equal(client.send("GET /metrics").status, 404);
  });

  test("asks the rule that it is given", () => {
    const client = new TestClient({ authorize: (_, { verb }) => verb === "list" });
    assert.equal(client.send(`GET ${paths.pods}`, undefined, bob).status, 200);
    assert.equal(client.send(`GET ${paths.pods}/web`, undefined, bob).status, 403);
  });
});

describe("reviews", () => {
  const client = new TestClient();

  test("tell who one is", () => {
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const { status, body } = client.send(`POST ${path}`, {}, bob);
    assert.equal(status, 201);
    assert.equal(textAt(body, "status", "userInfo", "username"), "bob");
    assert.equal(client.send(`GET ${path}`, undefined, bob).status, 405);
  });

  test("tell what one may do", () => {
    const ask = { spec: { resourceAttributes: { verb: "get", resource: "pods" } } };
    const path = `POST ${reviews}/selfsubjectaccessreviews`;
    assert.equal(fieldAt(client.send(path, ask).body, "status", "allowed"), true);
    assert.equal(fieldAt(client.send(path, ask, bob).body, "status", "allowed"), false);
    const rules = client.send(`POST ${reviews}/selfsubjectrulesreviews`, { spec: {} });
    assert.deepEqual(listAt(rules.body, "status", "resourceRules", 0, "verbs"), ["*"]);
    const fewer = client.send(`POST ${reviews}/selfsubjectrulesreviews`, { spec: {} }, bob);
    assert.deepEqual(listAt(fewer.body, "status", "resourceRules", 0, "verbs"), ["create"]);
  });

  test("tell what others may do to those who may ask", () => {
    const ask = { spec: { user: "cid", groups: ["system:masters"], resourceAttributes: {} } };
    const path = `POST ${reviews}/subjectaccessreviews`;
    assert.equal(fieldAt(client.send(path, ask).body, "status", "allowed"), true);
    assert.equal(client.send(path, ask, bob).status, 403);
    assert.equal(client.send(path, { kind: "Pod" }).status, 400);
  });
});
