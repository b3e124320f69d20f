/**
 * A pod's own API: what an unmodified client in a pod finds and may do, with real pods on two
 * machines. kubectl without a kubeconfig is such a client: it uses the same `InClusterConfig` as
 * every operator in Go (k8s.io/client-go, rest/config.go).
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isJsonObject, type JsonObject, parseJson } from "../../core/wire/src/index.ts";
import { cannotStage, Stage } from "./stage.ts";

/** The newest kubectl of the path; undefined without one. */
function newestKubectl(): string | undefined {
  const folder = (process.env["PATH"] ?? "")
    .split(":")
    .find((each) => existsSync(join(each, "kubectl")));
  if (folder === undefined) return undefined;
  const path = realpathSync(join(folder, "kubectl"));
  const home = dirname(path);
  const versions = readdirSync(home).filter((name) => /^kubectl\.1\.\d+$/u.test(name));
  const newest = versions.toSorted().at(-1);
  return newest === undefined ? path : join(home, newest);
}

const client = newestKubectl();
const skip = client === undefined ? "there is no kubectl" : cannotStage();

const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
const bindings = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";

describe("the API from inside a pod", { skip }, () => {
  let stage: Stage;

  before(async () => {
    stage = await Stage.open([], { "bin/kubectl": client ?? "" });
    const accounts = "/api/v1/namespaces/default/serviceaccounts";
    await stage.make(accounts, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "ci" },
    });
    await stage.pods(
      { name: "near", on: "m1", spec: { serviceAccountName: "ci" } },
      { name: "far", on: "m2", spec: { serviceAccountName: "ci" } },
      { name: "off", on: "m1", spec: { automountServiceAccountToken: false } },
      {
        name: "own",
        on: "m2",
        container: { env: [{ name: "KUBERNETES_SERVICE_PORT", value: "7" }] },
      },
    );
  });
  after(() => stage?.close());

  test("has a token, the authority of its machine and its namespace", async () => {
    assert.equal(await stage.says("near", ["cat", `${folder}/namespace`]), "default");
    const ca = await stage.says("near", ["cat", `${folder}/ca.crt`]);
    assert.match(ca, /BEGIN CERTIFICATE/u);
    assert.notEqual(ca, await stage.says("far", ["cat", `${folder}/ca.crt`]));
    const token = await stage.says("near", ["cat", `${folder}/token`]);
    assert.equal(token.split(".").length, 3);
    const absent = await stage.exec("off", ["ls", folder]);
    assert.notEqual(absent.code, 0);
    const port = await stage.says("own", ["sh", "-c", "echo $KUBERNETES_SERVICE_PORT"]);
    assert.equal(port, "7\n", "what the pod says itself wins");
  });

  for (const pod of ["near", "far"]) {
    test(`serves a client in ${pod} as the account that the pod runs as`, async () => {
      const whoami = await stage.says(pod, ["kubectl", "auth", "whoami", "-o", "json"]);
      const review = parseJson(whoami);
      assert(isJsonObject(review) && isJsonObject(review["status"]));
      const { userInfo } = review["status"];
      assert(isJsonObject(userInfo) && isJsonObject(userInfo["extra"]));
      assert.equal(userInfo["username"], "system:serviceaccount:default:ci");
      assert.deepEqual(userInfo["extra"]["authentication.kubernetes.io/pod-name"], [pod]);
    });
  }

  test("gives a client what roles allow, and no more", async () => {
    const list = ["kubectl", "get", "pods", "-o", "name"];
    const refused = await stage.exec("far", list);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /"system:serviceaccount:default:ci" cannot list resource "pods"/u);
    await stage.make(bindings, {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "ci" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "ci", namespace: "default" }],
    });
    await stage.untilSays("far", list, /pod\/near/u);
    await stage.untilSays("near", list, /pod\/far/u);
    const secrets = await stage.exec("near", ["kubectl", "get", "secrets"]);
    assert.match(secrets.stderr, /cannot list resource "secrets"/u);
  });

  test("is believed by a machine that did not issue the token, and by its name", async () => {
    const token = (await stage.says("near", ["cat", `${folder}/token`])).trim();
    const line = ["kubectl", "get", "pods", "-o", "name", "--token", token];
    const host = "https://kubernetes.default.svc";
    const authority = ["--server", host, "--certificate-authority", `${folder}/ca.crt`];
    assert.match(await stage.says("far", [...line, ...authority]), /pod\/near/u);
  });

  test("tells verifiers outside the keys of both machines", async () => {
    const ask = async (path: string): Promise<JsonObject> =>
      (await stage.near.client().call("GET", path)).body;
    const { keys } = await ask("/openid/v1/jwks");
    assert(Array.isArray(keys));
    assert.equal(keys.length, 2);
    const { issuer } = await ask("/.well-known/openid-configuration");
    assert.equal(issuer, "https://kubernetes.default.svc.cluster.local");
  });

  test("is closed to the token of a pod that is gone", async () => {
    const token = (await stage.says("near", ["cat", `${folder}/token`])).trim();
    await stage.remove("/api/v1/namespaces/default/pods/near?gracePeriodSeconds=0");
    const ask = ["sh", "-c", `kubectl get pods --token ${token} 2>&1; true`];
    await stage.untilSays("far", ask, /must be logged in|Unauthorized/u);
  });
});
