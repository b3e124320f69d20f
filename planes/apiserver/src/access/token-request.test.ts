import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { fieldAt, textAt } from "../field.ts";
import { type TestAnswer, TestClient } from "../test-client.ts";
import { paths, podManifest } from "../test-object.ts";
import { testTokens } from "./test-tokens.ts";

const path = "/api/v1/namespaces/default/serviceaccounts/default/token";

function ask(client: TestClient, spec: JsonObject, target = path): TestAnswer {
  return client.send(`POST ${target}`, { spec });
}

describe("TokenRequest", () => {
  test("gives a token that says who it is for, for whom and how long", () => {
    const client = new TestClient({ tokens: testTokens });
    const { status, body } = ask(client, { audiences: ["vault"], expirationSeconds: 900 });
    assert.equal(status, 201);
    assert.equal(fieldAt(body, "spec", "expirationSeconds"), 900);
    assert.equal(textAt(body, "status", "expirationTimestamp"), "2026-01-01T00:15:00Z");
    const claims = testTokens.open(textAt(body, "status", "token"))?.claims;
    assert.deepEqual(claims?.["aud"], ["vault"]);
    assert.equal(claims?.["sub"], "system:serviceaccount:default:default");
  });

  test("binds it to a pod that runs as the account", () => {
    const client = new TestClient({ tokens: testTokens });
    const pod = client.send(`POST ${paths.pods}`, podManifest("web"));
    assert.equal(pod.status, 201);
    const uid = textAt(pod.body, "metadata", "uid");
    const to = (name: string, id = ""): JsonObject => ({
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid: id },
    });
    assert.equal(ask(client, to("web", uid)).status, 201);
    assert.equal(ask(client, to("web", "other")).status, 409);
    assert.equal(ask(client, to("none")).status, 404);
    const other = { metadata: { name: "ci" } };
    client.send("POST /api/v1/namespaces/default/serviceaccounts", other);
    const target = path.replace("/default/token", "/ci/token");
    const refused = ask(client, to("web"), target);
    assert.equal(refused.status, 400);
    assert.match(textAt(refused.body, "message"), /different serviceaccount name/u);
  });

  test("refuses what makes no sense", () => {
    const client = new TestClient({ tokens: testTokens });
    assert.equal(ask(client, { expirationSeconds: 60 }).status, 422);
    assert.equal(ask(client, { expirationSeconds: 2 ** 33 }).status, 422);
    assert.equal(ask(client, { expirationSeconds: "1h" }).status, 422);
    assert.equal(ask(client, { boundObjectRef: { kind: "Service", name: "x" } }).status, 400);
    assert.equal(ask(client, {}, path.replace("/default/token", "/none/token")).status, 404);
    assert.equal(client.send(`GET ${path}`).status, 405);
    assert.equal(ask(new TestClient(), {}).status, 404, "a machine without keys gives none");
  });
});
