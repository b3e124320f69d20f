/** Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { budgetsOf, disruptionOf, type Records } from "./disruption.ts";
import type { KubeObject } from "./object.ts";

const wallMs = Date.UTC(2026, 0, 1);

function recordsOf(...objects: readonly KubeObject[]): Records {
  const isOf = (kind: string) => (object: KubeObject) => object.kind === kind;
  return {
    get: ({ kind }, _namespace, name) =>
      objects.find((object) => object.kind === kind && object.metadata.name === name),
    list: ({ kind }) => ({ items: objects.filter(isOf(kind)) }),
  };
}

const alive = { wallMs, isAlive: () => true };

function podOf(name: string, status: JsonObject = {}, isOwned = true): KubeObject {
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "D" };
  const ownerReferences = isOwned ? [{ ...owner, controller: true }] : [];
  const conditions = [{ type: "Ready", status: "True" }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app: "web" }, ownerReferences },
    spec: {},
    status: { phase: "Running", conditions, ...status },
  };
}

function budgetOf(spec: JsonObject, status: JsonObject = {}): KubeObject {
  const selector = { matchLabels: { app: "web" } };
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "keep", namespace: "default" },
    spec: { selector, ...spec },
    status,
  };
}

function deploymentOf(replicas: number): KubeObject {
  const metadata = { name: "web", namespace: "default", uid: "D" };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas } };
}

const pods = ["web-0", "web-1", "web-2"];

describe("disruptionOf", () => {
  for (const [spec, replicas, desired, allowed] of [
    [{ minAvailable: "50%" }, 5, 3, 0],
    [{ minAvailable: "50%" }, 3, 2, 1],
    [{ maxUnavailable: 1 }, 3, 2, 1],
    [{ maxUnavailable: "30%" }, 3, 2, 1],
    [{ maxUnavailable: 9 }, 3, 0, 3],
    [{ maxUnavailable: 0 }, 3, 3, 0],
    [{ maxUnavailable: 1 }, undefined, 0, 0],
  ] as const) {
    test(`${JSON.stringify(spec)} of ${replicas ?? "no"} replicas allows ${allowed}`, () => {
      const owners = replicas === undefined ? [] : [deploymentOf(replicas)];
      const records = recordsOf(...owners, ...pods.map((name) => podOf(name)));
      const state = disruptionOf(budgetOf(spec), { ...alive, records });
      assert.deepEqual([state.healthy, state.desired, state.allowed], [3, desired, allowed]);
    });
  }

  test("pods that have ended are not counted, those that are not ready are not healthy", () => {
    const records = recordsOf(
      podOf("web-0", { phase: "Succeeded" }),
      podOf("web-1", { conditions: [{ type: "Ready", status: "False" }] }),
      podOf("web-2"),
    );
    const { expected, healthy, allowed } = disruptionOf(budgetOf({ minAvailable: 1 }), {
      ...alive,
      records,
    });
    assert.deepEqual([expected, healthy, allowed], [2, 1, 0]);
  });

  test("what is on a machine that does not answer is not healthy", () => {
    const [first, ...others] = pods.map((name) => podOf(name));
    assert(first);
    const records = recordsOf({ ...first, spec: { nodeName: "dead" } }, ...others);
    const isAlive = (machine: string): boolean => machine !== "dead";
    const state = disruptionOf(budgetOf({ minAvailable: 1 }), { records, wallMs, isAlive });
    assert.deepEqual([state.expected, state.healthy, state.allowed], [3, 2, 1]);
  });

  test("a pod that was said to go counts again after two minutes, one that went does not", () => {
    const records = recordsOf(...pods.map((name) => podOf(name)));
    const disruptedPods = {
      "web-0": "2025-12-31T23:59:00Z",
      "web-1": "2025-12-31T23:57:59Z",
      gone: "2025-12-31T23:59:59Z",
    };
    const budget = budgetOf({ minAvailable: 1 }, { disruptedPods });
    const state = disruptionOf(budget, { ...alive, records });
    assert.deepEqual(state.disrupted, { "web-0": "2025-12-31T23:59:00Z" });
    assert.deepEqual([state.healthy, state.allowed, state.againInMs], [2, 1, 60_000]);
  });
});

test("budgetsOf: an empty selector covers every pod, one that is not there covers none", () => {
  const every = budgetOf({ selector: {} });
  const nobody = { ...budgetOf({}), spec: { minAvailable: 1 } };
  const records = recordsOf(every, nobody, budgetOf({ selector: { matchLabels: { app: "x" } } }));
  assert.deepEqual(budgetsOf(records, podOf("web-0")), [every]);
});
