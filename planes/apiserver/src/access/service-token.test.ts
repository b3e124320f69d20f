import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { User } from "@beemesh/ports";
import { fieldAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { paths, podManifest } from "../test-object.ts";
import { testTokens } from "./test-tokens.ts";

const accounts = "/api/v1/namespaces/default/serviceaccounts";

function tokenOf(client: TestClient, spec: object = {}, account = "default"): string {
  const { body } = client.send(
    `POST ${accounts}/${account}/token`,
    JSON.parse(JSON.stringify({ spec })),
  );
  return textAt(body, "status", "token");
}

function userOf(client: TestClient, token: string): User | undefined {
  return client.api.userOfToken(token, client.now);
}

function review(client: TestClient, token: string, audiences: string[] = []): unknown {
  const path = "POST /apis/authentication.k8s.io/v1/tokenreviews";
  return fieldAt(client.send(path, { spec: { token, audiences } }).body, "status");
}

describe("a token of a ServiceAccount", () => {
  test("stands for the account, its groups and its pod, until it ends", () => {
    const client = new TestClient({ tokens: testTokens });
    client.send(`POST ${paths.pods}`, podManifest("web"));
    const bond = { kind: "Pod", apiVersion: "v1", name: "web" };
    const token = tokenOf(client, { boundObjectRef: bond, expirationSeconds: 600 });
    const user = userOf(client, token);
    assert.equal(user?.name, "system:serviceaccount:default:default");
    assert.deepEqual(user?.groups, [
      "system:serviceaccounts",
      "system:serviceaccounts:default",
      "system:authenticated",
    ]);
    assert.deepEqual(user?.extra?.["authentication.kubernetes.io/pod-name"], ["web"]);
    client.pass(599_000);
    assert(userOf(client, token));
    client.pass(1000);
    assert.equal(userOf(client, token), undefined);
  });

  test("is void when its account is another one, or its pod is gone", () => {
    const client = new TestClient({ tokens: testTokens });
    const token = tokenOf(client);
    client.send(`DELETE ${accounts}/default`);
    assert.equal(userOf(client, token), undefined);
    assert(userOf(client, tokenOf(client)));
    client.send(`POST ${paths.pods}`, podManifest("web"));
    const bound = tokenOf(client, { boundObjectRef: { kind: "Pod", name: "web" } });
    assert(userOf(client, bound));
    client.send(`DELETE ${paths.pods}/web?gracePeriodSeconds=0`);
    assert.equal(userOf(client, bound), undefined);
  });

  test("is believed by nobody who does not hold the records", () => {
    const known = new Set(["serviceaccounts"]);
    const client = new TestClient({ tokens: testTokens, knows: ({ name }) => known.has(name) });
    const token = tokenOf(client);
    assert(userOf(client, token));
    known.clear();
    assert.equal(userOf(client, token), undefined);
  });

  test("is for its audiences alone", () => {
    const client = new TestClient({ tokens: testTokens });
    const token = tokenOf(client, { audiences: ["vault", "db"] });
    assert.equal(userOf(client, token), undefined);
    assert.deepEqual(fieldAt(review(client, token, ["db", "x"]), "audiences"), ["db"]);
    const refused = review(client, token);
    assert.deepEqual(refused, {
      authenticated: false,
      user: {},
      error: "invalid bearer token: the token is for other audiences",
    });
  });

  test("says nothing that its signer did not sign, and nothing that does not fit", () => {
    const client = new TestClient({ tokens: testTokens });
    assert.equal(userOf(client, "nonsense"), undefined);
    const claims = testTokens.open(tokenOf(client))?.claims ?? {};
    for (const change of [
      { iss: "https://elsewhere" },
      { sub: "system:serviceaccount:kube-system:default" },
      { exp: "never" },
      { nbf: Number(claims["exp"]) },
      { "kubernetes.io": {} },
    ]) {
      assert.equal(userOf(client, testTokens.sign({ ...claims, ...change })), undefined);
    }
    assert(userOf(client, testTokens.sign(claims)), "unchanged it is good");
  });

  test("comes for a pod's volume", () => {
    const client = new TestClient({ tokens: testTokens });
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "default", uid: "u" },
    };
    const wish = { pod, audience: "", expirationSeconds: 3607 };
    const issued = client.api.tokenFor(wish, client.now);
    assert.equal(issued?.expirationSeconds, 3607);
    const gone = { ...pod, spec: { serviceAccountName: "none" } };
    assert.equal(client.api.tokenFor({ ...wish, pod: gone }, client.now), undefined);
  });
});

test("the documents for verifiers are for accounts", () => {
  const client = new TestClient({ tokens: testTokens });
  const groups = ["system:serviceaccounts", "system:authenticated"];
  const account = { user: { name: "system:serviceaccount:a:b", groups } };
  for (const path of ["/.well-known/openid-configuration", "/openid/v1/jwks"]) {
    assert.equal(client.send(`GET ${path}`, undefined, account).status, 200);
    const bob = { user: { name: "bob", groups: ["system:authenticated"] } };
    assert.equal(client.send(`GET ${path}`, undefined, bob).status, 403);
  }
});
