/** Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type KubeObject, mutatorsAnnotation } from "@beemesh/model";
import { fieldAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";
import { paths } from "../test-object.ts";
import { makingRequest, verdictOfReply } from "./made-pod.ts";
import {
  admissionPaths,
  allowing,
  clientOfHooks,
  hookOf,
  requestOf,
  rulesFor,
} from "./test-webhook.ts";

const controller = "replicaset-controller";
const onPods = rulesFor("pods", "CREATE");

const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web-1",
    generateName: "web-",
    namespace: "default",
    uid: "U",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
    annotations: { "beemesh.io/slot": "0" },
  },
  spec: { containers: [{ name: "web", image: "web:1" }] },
};

function judged(client: TestClient, making = { pod, controller }) {
  let reply = client.api.judgePod(making, client.now);
  while (reply.kind === "consult") {
    reply = reply.resume(reply.calls.map(client.webhook), client.now);
  }
  assert(reply.kind === "json");
  const verdict = verdictOfReply(reply);
  assert.equal(verdict.ok, reply.status === 201);
  const said = verdict.ok ? verdict.pod : verdict.message;
  assert.deepEqual(said, verdict.ok ? reply.body : textAt(reply.body, "message"));
  return { status: reply.status, body: reply.body };
}

function clientWith(sort: "Mutating" | "Validating", more = {}): TestClient {
  return clientOfHooks(sort, hookOf("side.example.com", onPods, more));
}

describe("a pod that a controller makes", () => {
  test("is asked about as the controller's of Kubernetes, and nothing is written", () => {
    const client = clientWith("Mutating");
    client.webhook = (call) => {
      const request = requestOf(call);
      const user = `system:serviceaccount:kube-system:${controller}`;
      assert.equal(textAt(request, "userInfo", "username"), user);
      assert.equal(textAt(request, "operation"), "CREATE");
      assert.equal(textAt(request, "name"), "web-1");
      assert.equal(fieldAt(request, "dryRun"), false);
      assert.equal(textAt(request, "object", "spec", "serviceAccountName"), "default");
      const sidecar = { name: "sidecar", image: "s" };
      return allowing(call, {}, [{ op: "add", path: "/spec/containers/-", value: sidecar }]);
    };
    const { status, body } = judged(client);
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(textAt(body, "spec", "containers", 1, "name"), "sidecar");
    assert.equal(
      textAt(body, "metadata", "annotations", mutatorsAnnotation),
      "hooks/side.example.com",
    );
    assert.equal(textAt(body, "metadata", "annotations", "beemesh.io/slot"), "0");
    assert.equal(textAt(body, "metadata", "uid"), "U");
    assert.equal(textAt(body, "metadata", "creationTimestamp"), "2026-01-01T00:00:00Z");
    assert.equal(client.send(`GET ${paths.pods}/web-1`).status, 404);
  });

  test("has no note of webhooks that have changed nothing", () => {
    const client = clientWith("Mutating");
    client.webhook = (call) => allowing(call);
    const { status, body } = judged(client);
    assert.equal(status, 201);
    assert.equal(fieldAt(body, "metadata", "annotations", mutatorsAnnotation), undefined);
  });

  test("is refused in the words of the API, and so is what webhooks have broken", () => {
    const validating = clientWith("Validating");
    validating.webhook = (call) =>
      allowing(call, { allowed: false, status: { message: "not here", code: 403 } });
    const refused = judged(validating);
    assert.equal(refused.status, 403);
    const words = 'admission webhook "side.example.com" denied the request: not here';
    assert.equal(textAt(refused.body, "message"), words);
    const mutating = clientWith("Mutating");
    mutating.webhook = (call) =>
      allowing(call, {}, [{ op: "replace", path: "/spec/containers", value: [] }]);
    assert.match(textAt(judged(mutating).body, "message"), /^Pod "web-1" is invalid: spec\.cont/u);
    const away = clientWith("Validating");
    assert.match(textAt(judged(away).body, "message"), /failed calling webhook "side\.example/u);
    const passedOver = clientWith("Validating", { failurePolicy: "Ignore" });
    assert.equal(judged(passedOver).status, 201);
  });

  test("is judged by policies, which see its maker", () => {
    const client = new TestClient();
    const validations = [{ expression: `request.userInfo.username.endsWith(":${controller}")` }];
    const spec = { matchConstraints: { resourceRules: [onPods] }, validations };
    const bound = { policyName: "p", validationActions: ["Deny"] };
    client.send(`POST ${admissionPaths.policies}`, { metadata: { name: "p" }, spec });
    client.send(`POST ${admissionPaths.bindings}`, { metadata: { name: "b" }, spec: bound });
    assert.equal(judged(client).status, 201);
    const { status, body } = judged(client, { pod, controller: "job-controller" });
    assert.equal(status, 422);
    assert.match(
      textAt(body, "message"),
      /^pods "web-1" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request/u,
    );
  });

  test("takes the place of the one of its name whatever quotas say: its maker counts", () => {
    const client = new TestClient();
    const quota = { metadata: { name: "q" }, spec: { hard: { pods: "0" } } };
    client.send("POST /api/v1/namespaces/default/resourcequotas", quota);
    assert.equal(judged(client).status, 201);
  });

  test("is made in a namespace that is there", () => {
    const metadata = { ...pod.metadata, namespace: "none" };
    const { status } = judged(new TestClient(), { pod: { ...pod, metadata }, controller });
    assert.equal(status, 404);
    const making = { pod, controller };
    assert.deepEqual(makingRequest(making).path, ["api", "v1", "namespaces", "default", "pods"]);
  });
});
