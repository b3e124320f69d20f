/** Who somebody is, by which tokens and certificates, and how that is asked. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at, listAt, nameOf, textAt } from "./client.ts";
import { labelled, objectOf } from "./manifest.ts";
import { pathOf } from "./resource.ts";
import { conditionOf, type World } from "./world.ts";

function account(name: string, rest: JsonObject = {}): JsonObject {
  return objectOf("serviceaccounts", "ServiceAccount", name, rest);
}

async function tokenOf(world: World, name: string, spec: JsonObject = {}): Promise<string> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  const made = await world.ok(`POST ${world.path("serviceaccounts", name, "token")}`, body);
  assert.notEqual(textAt(made, "status", "expirationTimestamp"), "");
  return textAt(made, "status", "token");
}

async function reviewed(world: World, token: string): Promise<JsonObject> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
  return world.ok("POST /apis/authentication.k8s.io/v1/tokenreviews", body);
}

/** A request to be certified, of a fresh key: PEM of PKCS#10, made by openssl once. */
const certificateRequest = `-----BEGIN CERTIFICATE REQUEST-----
MIHIMHECAQAwDzENMAsGA1UEAwwEbGlmZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABK7egEOC3mvlye8Mz+8Fnmqskw4r5+sFz3dxpMjxU2oT2QGQEMoDZ52Q5MIu
zfYTlDji5atWH3yVea+ZHzM/3JegADAKBggqhkjOPQQDAgNHADBEAiBxig+E+mKO
Y+Jw5xWHVtsxZ10jWGYs4bEYm5wiFQqTHwIgdBhKao2z5jC8UfUE3QP3hhynG8P2
Q2E3lrKotWwUIbM=
-----END CERTIFICATE REQUEST-----
`;

const accounts: Behaviours = {
  "auth SA lifecycle": async (world) => {
    const watch = await world.watch("serviceaccounts", "?labelSelector=life%3Dyes");
    await world.create(
      "serviceaccounts",
      account("app", { metadata: { labels: { life: "yes" } } }),
    );
    await watch.see("ADDED", "app");
    await world.patch(
      "serviceaccounts",
      "app",
      { automountServiceAccountToken: false },
      "strategic",
    );
    await watch.see("MODIFIED", "app");
    const everywhere = await world.ok(`GET ${pathOf("serviceaccounts")}?labelSelector=life%3Dyes`);
    const [found = {}] = listAt(everywhere, "items");
    assert.deepEqual([nameOf(found), found["automountServiceAccountToken"]], ["app", false]);
    await world.ok(`DELETE ${world.path("serviceaccounts")}?labelSelector=life%3Dyes`);
    await watch.see("DELETED", "app");
  },

  "auth SA update": async (world) => {
    await world.create("serviceaccounts", account("app", { automountServiceAccountToken: false }));
    await world.update("serviceaccounts", "app", (object) => ({
      ...labelled(object, { updated: "yes" }),
      automountServiceAccountToken: true,
    }));
    const seen = await world.get("serviceaccounts", "app");
    assert.equal(seen["automountServiceAccountToken"], true);
    assert.equal(textAt(seen, "metadata", "labels", "updated"), "yes");
  },

  "auth SA create token and TokenReview": async (world) => {
    const made = await world.create("serviceaccounts", account("app"));
    const token = await tokenOf(world, "app", { expirationSeconds: 600 });
    const review = await reviewed(world, token);
    assert.equal(at(review, "status", "authenticated"), true);
    const user = at(review, "status", "user");
    assert.equal(textAt(user, "username"), `system:serviceaccount:${world.namespace}:app`);
    assert.equal(textAt(user, "uid"), textAt(made, "metadata", "uid"));
    const groups = [
      "system:serviceaccounts",
      `system:serviceaccounts:${world.namespace}`,
      "system:authenticated",
    ];
    assert.deepEqual(at(user, "groups"), groups);
    const wrong = await reviewed(world, `${token.slice(0, -8)}AAAAAAAA`);
    assert.notEqual(at(wrong, "status", "authenticated"), true);
    await world.remove("serviceaccounts", "app");
    assert.notEqual(at(await reviewed(world, token), "status", "authenticated"), true);
  },

  "auth SA kube-root-ca.crt in any namespace": async (world) => {
    const whole = textAt(await world.get("configmaps", "kube-root-ca.crt"), "data", "ca.crt");
    assert.match(whole, /BEGIN CERTIFICATE/u);
    await world.ok(`DELETE ${world.path("configmaps", "kube-root-ca.crt")}`);
    const again = await world.untilSeen("configmaps", "kube-root-ca.crt", () => true);
    assert.equal(textAt(again, "data", "ca.crt"), whole);
    await world.update("configmaps", "kube-root-ca.crt", (object) => ({
      ...object,
      data: { "ca.crt": "wrong" },
    }));
    await world.untilSeen("configmaps", "kube-root-ca.crt", (object) => {
      return textAt(object, "data", "ca.crt") === whole;
    });
  },

  "auth SA OIDC discovery of issuer": async (world) => {
    const document = await world.ok("GET /.well-known/openid-configuration");
    const token = await tokenOf(world, "default");
    const [, payload = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    assert.equal(claims.iss, textAt(document, "issuer"));
    const keys = listAt(
      await world.ok(`GET ${new URL(textAt(document, "jwks_uri")).pathname}`),
      "keys",
    );
    const [head = ""] = token.split(".");
    const { kid, alg } = JSON.parse(Buffer.from(head, "base64url").toString());
    const key = keys.find((each) => each["kid"] === kid);
    assert(key, "the token's key is published");
    assert(at(document, "id_token_signing_alg_values_supported", 0) === alg);
  },
};

const reviews: Behaviours = {
  "auth SubjectReview API operations": async (world) => {
    await world.create("serviceaccounts", account("app"));
    const user = `system:serviceaccount:${world.namespace}:app`;
    const resourceAttributes = { namespace: world.namespace, verb: "list", resource: "configmaps" };
    const ask = async (local: boolean): Promise<unknown> => {
      const base = "/apis/authorization.k8s.io/v1";
      const kind = local ? "LocalSubjectAccessReview" : "SubjectAccessReview";
      const path = local ? `${base}/namespaces/${world.namespace}` : base;
      const line = `POST ${path}/${kind.toLowerCase()}s`;
      const metadata = local ? { namespace: world.namespace } : {};
      const body = { kind, metadata, spec: { user, resourceAttributes } };
      return at(await world.ok(line, body), "status", "allowed");
    };
    assert.deepEqual([await ask(false), await ask(true)], [false, false]);
    const bindings = `/apis/rbac.authorization.k8s.io/v1/namespaces/${world.namespace}/rolebindings`;
    await world.ok(`POST ${bindings}`, {
      kind: "RoleBinding",
      metadata: { name: "may-look" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "app", namespace: world.namespace }],
    });
    assert.deepEqual([await ask(false), await ask(true)], [true, true]);
    // What is answered is what holds: the same user asks for the list itself.
    const headers = { "impersonate-user": user };
    const listed = await world.client.send(`GET ${world.path("configmaps")}`, undefined, {
      headers,
    });
    assert.equal(listed.status, 200, listed.text);
    const denied = await world.client.send(`GET ${world.path("secrets")}`, undefined, { headers });
    assert.deepEqual([denied.status, denied.body["reason"]], [403, "Forbidden"]);
  },

  "auth CSR API operations": async (world) => {
    const name = world.unique("request");
    const resource = "certificatesigningrequests";
    const watch = await world.watch(resource, `?fieldSelector=metadata.name%3D${name}`);
    world.atEnd(() => world.ok(`DELETE ${world.path(resource, name)}`));
    await world.create(
      resource,
      objectOf(resource, "CertificateSigningRequest", name, {
        spec: {
          request: Buffer.from(certificateRequest).toString("base64"),
          signerName: "example.com/life",
          expirationSeconds: 3600,
          usages: ["client auth"],
        },
      }),
    );
    await watch.see("ADDED", name);
    const patched = await world.patch(resource, name, {
      metadata: { annotations: { patched: "yes" } },
    });
    assert.equal(textAt(patched, "metadata", "annotations", "patched"), "yes");
    assert.deepEqual(
      (await world.list(resource)).map(nameOf).filter((each) => each === name),
      [name],
    );
    const condition = { type: "Approved", status: "True", reason: "Test", message: "by a test" };
    const approved = await world.update(resource, `${name}/approval`, (object) => ({
      ...object,
      status: { conditions: [condition] },
    }));
    assert.equal(conditionOf(approved, "Approved"), "True");
    const certificate = Buffer.from(await certificateOf(world)).toString("base64");
    const signed = await world.update(resource, `${name}/status`, (object) => ({
      ...object,
      status: { ...Object(object["status"]), certificate },
    }));
    assert.equal(textAt(signed, "status", "certificate"), certificate);
    const read = await world.get(resource, `${name}/approval`);
    assert.equal(nameOf(read), name);
    await world.remove(resource, name);
    await watch.see("DELETED", name);
  },
};

/** A certificate in PEM, whosoever. */
async function certificateOf(world: World): Promise<string> {
  return textAt(await world.get("configmaps", "kube-root-ca.crt"), "data", "ca.crt");
}

export const access: Behaviours = { ...accounts, ...reviews };
