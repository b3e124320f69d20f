/** Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findResource, type KubeObject } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { deploymentManifest, paths, podManifest } from "./test-object.ts";

const budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

interface Scene {
  /** Pods, each `ready`, `unready`, `pending` or `ended`. */
  readonly pods: readonly string[];
  readonly budget: JsonObject;
  /** Pods belong to a Deployment of so many replicas. */
  readonly replicas?: number;
}

/** Pods `web-0`, `web-1`, … and one budget over all that are labelled `app: web`. */
function sceneOf({ pods, budget, replicas }: Scene): TestClient {
  const client = new TestClient();
  const owner = replicas === undefined ? [] : [ownerOf(client, replicas)];
  for (const [index, state] of pods.entries()) {
    const metadata = {
      name: `web-${index}`,
      labels: { app: "web" },
      ...(owner.length === 0 ? {} : { ownerReferences: owner }),
    };
    const manifest = { ...podManifest(""), metadata };
    assert.equal(client.send(`POST ${paths.pods}`, manifest).status, 201);
    setState(client, `web-${index}`, state);
  }
  addBudget(client, "keep", budget);
  return client;
}

function addBudget(client: TestClient, name: string, spec: JsonObject): void {
  const selector = { matchLabels: { app: "web" } };
  const sent = {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name },
    spec: { selector, ...spec },
  };
  client.make(budgets, sent);
}

function ownerOf(client: TestClient, replicas: number): JsonObject {
  const { body } = client.send(`POST ${paths.deployments}`, deploymentManifest("web", replicas));
  const uid = textAt(body, "metadata", "uid");
  return { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid, controller: true };
}

const phases: Readonly<Record<string, string>> = { pending: "Pending", ended: "Succeeded" };

function setState(client: TestClient, name: string, state: string): void {
  const pod = stored(client, "", "pods", name);
  const resource = findResource("", "pods");
  assert(resource);
  const ready = state === "ready" ? "True" : "False";
  const conditions = [{ type: "Ready", status: ready }];
  const status = { phase: phases[state] ?? "Running", conditions };
  client.store.putStatus(resource, { ...pod, status });
}

function stored(client: TestClient, group: string, plural: string, name: string): KubeObject {
  const resource = findResource(group, plural);
  assert(resource);
  const found = client.store.get(resource, "default", name);
  assert(found);
  return found;
}

function evict(client: TestClient, name: string) {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
  return client.send(`POST ${paths.pods}/${name}/eviction`, eviction);
}

describe("an eviction", () => {
  test("is granted by what is seen: each side of a cut counts for itself", () => {
    const scene: Scene = { pods: ["ready", "ready"], budget: { minAvailable: 1 } };
    const sides = [sceneOf(scene), sceneOf(scene)];
    const granted = sides.map((side, index) => evict(side, `web-${index}`).status);
    assert.deepEqual(granted, [201, 201], "together they take more than the budget allows");
    const refused = sides.map((side, index) => evict(side, `web-${1 - index}`).status);
    assert.deepEqual(refused, [429, 429]);
  });

  test("is refused when the budget needs the pod, in kube-apiserver's words", () => {
    const client = sceneOf({ pods: ["ready", "ready"], budget: { minAvailable: 1 } });
    assert.equal(evict(client, "web-0").status, 201);
    const { status, body } = evict(client, "web-1");
    assert.equal(status, 429);
    assert.equal(textAt(body, "reason"), "TooManyRequests");
    assert.match(textAt(body, "message"), /would violate the pod's disruption budget/u);
    assert.equal(textAt(body, "details", "causes", 0, "reason"), "DisruptionBudget");
    assert.equal(
      textAt(body, "details", "causes", 0, "message"),
      "The disruption budget keep needs 1 healthy pods and has 1 currently",
    );
    assert.equal(client.send(`GET ${paths.pods}/web-1`).status, 200);
  });

  test("says of a pod that takes its time why it goes", () => {
    const client = sceneOf({ pods: ["ready", "ready"], budget: { minAvailable: 1 } });
    const reasons = (): readonly string[] =>
      listAt(stored(client, "", "pods", "web-0"), "status", "conditions").map((each) =>
        [textAt(each, "type"), textAt(each, "reason")].join(" ").trim(),
      );
    const metadata = { name: "web-0" };
    const dry = { apiVersion: "policy/v1", kind: "Eviction", metadata };
    client.send(`POST ${paths.pods}/web-0/eviction?dryRun=All`, dry);
    assert.deepEqual(reasons(), ["Ready"]);
    const binding = { target: { name: "m1" } };
    client.send(`POST ${paths.pods}/web-0/binding`, { kind: "Binding", metadata, ...binding });
    assert.equal(evict(client, "web-0").status, 201);
    assert.deepEqual(reasons(), ["Ready", "DisruptionTarget EvictionByEvictionAPI"]);
  });

  for (const state of ["pending", "ended"]) {
    test(`of a pod that is ${state} costs nothing`, () => {
      const client = sceneOf({ pods: [state, "ready"], budget: { minAvailable: 2 } });
      assert.equal(evict(client, "web-0").status, 201);
      assert.equal(evict(client, "web-1").status, 429);
    });
  }

  test("of an unready pod waits for a kept budget, unless it is always allowed", () => {
    const pods = ["unready", "ready"];
    const kept = sceneOf({ pods, budget: { minAvailable: 1 } });
    assert.equal(evict(kept, "web-0").status, 201);
    const broken = sceneOf({ pods, budget: { minAvailable: 2 } });
    assert.equal(evict(broken, "web-0").status, 429);
    const policy = { unhealthyPodEvictionPolicy: "AlwaysAllow" };
    const always = sceneOf({ pods, budget: { minAvailable: 2, ...policy } });
    assert.equal(evict(always, "web-0").status, 201);
  });

  test("under two budgets fails, for which of them counts is not defined", () => {
    const client = sceneOf({ pods: ["ready"], budget: { minAvailable: 0 } });
    addBudget(client, "too", { minAvailable: 0 });
    const { status, body } = evict(client, "web-0");
    assert.equal(status, 500);
    assert.match(textAt(body, "message"), /more than one PodDisruptionBudget/u);
  });

  test("of a pod that no budget selects goes through", () => {
    const client = sceneOf({ pods: ["ready"], budget: { minAvailable: 1, selector: {} } });
    assert.equal(evict(client, "web-0").status, 429, "an empty selector covers all");
    const other = { matchLabels: { app: "other" } };
    const free = sceneOf({ pods: ["ready"], budget: { minAvailable: 1, selector: other } });
    assert.equal(evict(free, "web-0").status, 201);
  });
});
