import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject, PodSpec } from "@beemesh/model";
import { base64OfText } from "./base64.ts";
import { missingPullSecrets, pullCredentials } from "./pull-secrets.ts";
import { podOf } from "./stage.ts";

const auth = (user: string): string => base64OfText(`${user}:pass:word`);

/** Secrets of a namespace by name, each with its registries. */
const secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  shop: {
    ".dockerconfigjson": JSON.stringify({
      auths: {
        "registry.example:5000": { username: "all", password: "p" },
        "https://registry.example:5000/v2/team": { auth: auth("team") },
        "*.cloud.example": { auth: auth("cloud") },
        "https://index.docker.io/v1/": { auth: auth("hub") },
        "broken.example": { auth: "!" },
        "odd.example": "x",
      },
    }),
  },
  old: { ".dockercfg": JSON.stringify({ "old.example": { auth: auth("old") } }) },
  other: { key: "value" },
  torn: { ".dockerconfigjson": '{"auths":' },
};

function lookup(resource: string, namespace: string, name: string): KubeObject | undefined {
  const metadata = { name, namespace };
  if (resource === "serviceaccounts") {
    const imagePullSecrets = [{ name: "old" }, { name: "gone" }, {}];
    return { apiVersion: "v1", kind: "ServiceAccount", metadata, imagePullSecrets };
  }
  const texts = namespace === "default" ? secrets[name] : undefined;
  if (texts === undefined) return undefined;
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, base64OfText(text)]),
  );
  return { apiVersion: "v1", kind: "Secret", metadata, data };
}

function usersFor(image: string, spec: Partial<PodSpec> = {}): string[] {
  const pod = podOf({ imagePullSecrets: [{ name: "shop" }], ...spec });
  return pullCredentials(pod, image, lookup).map(({ username }) => username);
}

describe("pullCredentials", () => {
  for (const [image, users] of [
    ["registry.example:5000/team/web:1", ["team", "all"]],
    ["registry.example:5000/other@sha256:0", ["all"]],
    ["registry.example/team/web", []],
    ["a.cloud.example/web", ["cloud"]],
    ["a.b.cloud.example/web", []],
    ["nginx", ["hub"]],
    ["docker.io/library/nginx:1", ["hub"]],
    ["someone/web:1", ["hub"]],
    ["localhost/web", []],
    ["broken.example/web", []],
    ["odd.example/web", []],
  ] as const) {
    test(`are of ${users.join() || "nobody"} for ${image}`, () => {
      assert.deepEqual(usersFor(image), users);
    });
  }

  test("are whole, however many colons a password has", () => {
    const pod = podOf({ imagePullSecrets: [{ name: "shop" }] });
    const found = pullCredentials(pod, "nginx", lookup);
    assert.deepEqual(found, [{ username: "hub", password: "pass:word" }]);
  });

  test("are those of the pod's account if the pod names none", () => {
    assert.deepEqual(usersFor("old.example/web", { imagePullSecrets: [] }), ["old"]);
    assert.deepEqual(usersFor("old.example/web"), []);
  });

  test("are none in what is no list of registries", () => {
    const imagePullSecrets = [{ name: "other" }, { name: "torn" }, { name: "none" }];
    assert.deepEqual(usersFor("nginx", { imagePullSecrets }), []);
  });

  test("are not tried without end", () => {
    const imagePullSecrets = Array.from({ length: 20 }, () => ({ name: "shop" }));
    assert.equal(usersFor("nginx", { imagePullSecrets }).length, 8);
  });
});

test("the Secrets for pulling that are not there are named", () => {
  const imagePullSecrets = [{ name: "shop" }, { name: "none" }];
  assert.deepEqual(missingPullSecrets(podOf({ imagePullSecrets }), lookup), ["none"]);
  assert.deepEqual(missingPullSecrets(podOf(), lookup), ["gone"]);
});
