import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths } from "./test-object.ts";

const bob = { user: { name: "bob", groups: ["system:authenticated"] } };

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
    const client = new TestClient({
      authorize: (_, { verb }) => ({ allowed: verb === "list", reason: "lists only" }),
    });
    assert.equal(client.send(`GET ${paths.pods}`, undefined, bob).status, 200);
    const refused = client.send(`GET ${paths.pods}/web`, undefined, bob);
    assert.equal(refused.status, 403);
    assert.match(textAt(refused.body, "message"), /: lists only$/u);
  });

  test("puts a namespace into itself, as its roles do", () => {
    const client = new TestClient();
    const { body } = client.send("GET /api/v1/namespaces/default", undefined, bob);
    assert.match(textAt(body, "message"), /resource "namespaces".*in the namespace "default"$/u);
  });
});
