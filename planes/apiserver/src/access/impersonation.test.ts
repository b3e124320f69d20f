import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Impersonation, User } from "@beemesh/ports";
import { fieldAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { grant, testBinding, testRole, testRule } from "./test-role.ts";

const whoami = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews";
const bob: User = { name: "bob", groups: ["system:authenticated"] };

function as(user: string, rest: Partial<Impersonation> = {}): { impersonation: Impersonation } {
  return { impersonation: { user, groups: [], uid: "", extra: {}, ...rest } };
}

function ask(
  client: TestClient,
  impersonation: object,
  user?: User,
): ReturnType<TestClient["send"]> {
  return client.send(whoami, {}, { ...impersonation, ...(user && { user }) });
}

describe("acting as somebody else", () => {
  test("is whom one asks for, with the groups that are asked for", () => {
    const client = new TestClient();
    const extra = { reason: ["why"] };
    const { body } = ask(client, as("eve", { groups: ["devs"], uid: "7", extra }));
    assert.deepEqual(fieldAt(body, "status", "userInfo"), {
      username: "eve",
      uid: "7",
      groups: ["devs", "system:authenticated"],
      extra,
    });
  });

  test("gives an account its groups, and anonymous those of strangers", () => {
    const client = new TestClient();
    const groups = (user: string): unknown =>
      fieldAt(ask(client, as(user)).body, "status", "userInfo", "groups");
    assert.deepEqual(groups("system:serviceaccount:a:b"), [
      "system:serviceaccounts",
      "system:serviceaccounts:a",
      "system:authenticated",
    ]);
    const { body } = ask(client, as("system:anonymous"));
    assert.match(textAt(body, "message"), /User "system:anonymous" cannot create resource/u);
  });

  test("needs the right to each part", () => {
    const client = new TestClient();
    const { status, body } = ask(client, as("eve"), bob);
    assert.equal(status, 403);
    assert.equal(
      textAt(body, "message"),
      'users "eve" is forbidden: User "bob" cannot impersonate resource "users" in API group ""' +
        " at the cluster scope",
    );
    const rule = { ...testRule("impersonate", "users"), resourceNames: ["eve"] };
    grant(client, "", testRole("i", [rule]), testBinding("i", "ClusterRole/i", ["User bob"]));
    assert.equal(ask(client, as("eve"), bob).status, 201);
    assert.equal(ask(client, as("root"), bob).status, 403);
    const masters = ask(client, as("eve", { groups: ["system:masters"] }), bob);
    assert.match(textAt(masters.body, "message"), /^groups "system:masters" is forbidden/u);
    assert.equal(ask(client, as("eve", { uid: "7" }), bob).status, 403);
    assert.equal(ask(client, as("eve", { extra: { scopes: ["all"] } }), bob).status, 403);
    assert.equal(ask(client, as("", { groups: ["devs"] }), bob).status, 400);
  });
});
