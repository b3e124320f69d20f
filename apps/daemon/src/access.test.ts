import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ApiRequest } from "@beemesh/ports";
import { decisiveCollections, reviewedToken, tokenCollections } from "./access.ts";

function requestFor(path: string, rest: Partial<ApiRequest> = {}): ApiRequest {
  return {
    method: "GET",
    path: path.split("/").slice(1),
    query: new Map(),
    accept: "",
    contentType: "",
    body: undefined,
    user: { name: "bob", groups: [] },
    ...rest,
  };
}

const everywhere = [
  "clusterroles.rbac.authorization.k8s.io/-",
  "clusterrolebindings.rbac.authorization.k8s.io/-",
];
const inShop = [
  "roles.rbac.authorization.k8s.io/shop",
  "rolebindings.rbac.authorization.k8s.io/shop",
];
const masters = { user: { name: "ann", groups: ["system:masters"] } };

describe("what decides about a request", () => {
  test("are the roles of the cluster and of the namespace", () => {
    const pods = "/api/v1/namespaces/shop/pods";
    assert.deepEqual(decisiveCollections(requestFor(pods)), [...everywhere, ...inShop]);
    assert.deepEqual(decisiveCollections(requestFor("/apis/apps/v1/deployments")), everywhere);
    assert.deepEqual(decisiveCollections(requestFor("/api/v1/namespaces/NO_NAME/x")), everywhere);
    assert.deepEqual(decisiveCollections(requestFor(pods, masters)), [], "masters need none");
    const stranger = { user: { name: "system:anonymous", groups: ["system:unauthenticated"] } };
    assert.deepEqual(decisiveCollections(requestFor(pods, stranger)), [], "nor is one made to ask");
    const impersonation = { user: "eve", groups: [], uid: "", extra: {} };
    assert.equal(decisiveCollections(requestFor(pods, { ...masters, impersonation })).length, 4);
  });

  test("are for a question those of the namespace that it is about", () => {
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const body = { spec: { resourceAttributes: { namespace: "shop" } } };
    const asked = decisiveCollections(requestFor(path, { ...masters, body }));
    assert.deepEqual(asked, [...everywhere, ...inShop]);
  });
});

describe("what decides about a token", () => {
  const tokens = (claims: object): Parameters<typeof tokenCollections>[0] => ({
    sign: () => "",
    open: () => ({ claims: { "kubernetes.io": { ...claims } }, signer: "m" }),
    keySet: () => ({}),
  });

  test("is what it is bound to", () => {
    assert.deepEqual(tokenCollections(tokens({ namespace: "shop", pod: {}, node: {} }), "t"), [
      "namespaces/-",
      "serviceaccounts/shop",
      "pods/shop",
    ]);
    assert.deepEqual(tokenCollections(tokens({ namespace: "../x" }), "t"), []);
    const nobodys = { ...tokens({}), open: () => undefined };
    assert.deepEqual(tokenCollections(nobodys, "t"), []);
  });

  test("is found in a review", () => {
    const path = "/apis/authentication.k8s.io/v1/tokenreviews";
    assert.equal(reviewedToken(requestFor(path, { body: { spec: { token: "t" } } })), "t");
    assert.equal(reviewedToken(requestFor("/api/v1/pods")), "");
  });
});
