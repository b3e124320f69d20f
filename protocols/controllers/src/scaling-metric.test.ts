/**
 * Cases of the documented algorithm, with the numbers of Kubernetes' own.
 *
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "@beemesh/model";
import { proposalOf, type ScalingScene, type ScalingTarget } from "./scaling-metric.ts";

const wallMs = Date.UTC(2026, 0, 1, 12);
const longAgo = "2026-01-01T10:00:00Z";

/** How one pod stands: what it uses in thousandths of a core, and what else is known of it. */
interface Actor {
  /** Undefined for a pod that does not tell. */
  readonly uses?: number;
  readonly requests?: string | undefined;
  readonly phase?: "Pending" | "Running" | "Failed";
  readonly ready?: "True" | "False";
  readonly startTime?: string;
  readonly since?: string;
  readonly isGoing?: boolean;
  /** How long ago the window ended that tells of it. */
  readonly ageMs?: number;
}

function podOf(actor: Actor, index: number): Pod {
  const { phase = "Running", ready = "True", startTime = longAgo, since = longAgo } = actor;
  const requests = "requests" in actor ? actor.requests : "1";
  const resources = requests === undefined ? {} : { requests: { cpu: requests, memory: "1Ki" } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `p${index}`,
      uid: `p${index}`,
      ...(actor.isGoing && { deletionTimestamp: "now" }),
    },
    spec: { containers: [{ name: "main", image: "i", resources }], nodeName: "m" },
    status: {
      phase,
      startTime,
      conditions: [{ type: "Ready", status: ready, lastTransitionTime: since }],
    },
  };
}

function proposed(
  actors: readonly Actor[],
  target: ScalingTarget,
  more: Partial<ScalingScene> = {},
): unknown {
  const pods = actors.map(podOf);
  const proposal = proposalOf(
    {
      resource: "cpu",
      container: "",
      pods,
      replicas: actors.length,
      wallMs,
      tolerance: { up: 0.1, down: 0.1 },
      readingOf: ({ metadata: { uid = "" } }) => {
        const { uses, ageMs = 0 } = actors[Number(uid.slice(1))] ?? {};
        if (uses === undefined) return undefined;
        const used = { cpuNanocores: uses * 1_000_000, memoryBytes: uses };
        const containers = [{ name: "main", ...used }];
        return { uid, containers, wallMs: wallMs - ageMs, windowMs: 60_000 };
      },
      ...more,
    },
    target,
  );
  return proposal.ok ? proposal.replicas : proposal.message;
}

const share = (percent: number): ScalingTarget => ({ kind: "utilization", percent });
const use = (...millis: readonly number[]): Actor[] => millis.map((uses) => ({ uses }));

describe("the replicas that a use of CPU asks for", () => {
  const unready: Actor = { uses: 400, ready: "False", startTime: "2026-01-01T11:59:00Z" };
  const cases: readonly (readonly [string, readonly Actor[], ScalingTarget, unknown])[] = [
    ["more than is wanted", use(300, 500, 700), share(30), 5],
    ["less than is wanted", use(100, 300, 500, 250, 250), share(50), 3],
    ["a little more than is wanted", use(1010, 1030, 1020), share(100), 3],
    ["a little less than is wanted", use(990, 970, 980), share(100), 3],
    ["an amount of each pod", use(200, 400), { kind: "average", millis: 100 }, 6],
    ["a pod that starts counts as idle when it grows", [...use(500, 700), unready], share(30), 4],
    ["and not at all when it shrinks", [...use(100, 100), unready], share(50), 1],
    ["of a pod that waits too", [...use(500, 700), { phase: "Pending" }], share(30), 4],
    ["a pod that does not tell counts as idle when it grows", [...use(900, 900), {}], share(50), 4],
    ["and as busy when it shrinks", [...use(100, 100), {}], share(50), 3],
    ["so busy that it does not turn round", [...use(400), {}, {}], share(50), 3],
    [
      "pods that go or have failed are none",
      [...use(900), { uses: 1, isGoing: true }, { uses: 1, phase: "Failed" }],
      share(30),
      3,
    ],
  ];
  for (const [what, actors, target, expected] of cases) {
    test(`${what}: ${String(expected)}`, () => {
      assert.equal(proposed(actors, target), expected);
    });
  }

  test("memory of a pod that starts counts at once", () => {
    const scene = { resource: "memory" };
    assert.equal(proposed([{ ...unready, uses: 2048 }], share(100), scene), 2);
  });

  test("a window that began before the pod was ready does not count", () => {
    const fresh = { startTime: "2026-01-01T11:58:00Z", since: "2026-01-01T11:59:00Z" };
    const why = "did not receive metrics for targeted pods (pods might be unready)";
    assert.equal(proposed([{ uses: 900, ...fresh, ageMs: 1000 }], share(30)), why);
    assert.equal(proposed([{ uses: 900, ...fresh }], share(30)), 3);
  });

  test("a wider tolerance leaves alone what a narrow one does not", () => {
    const wide = { tolerance: { up: 0.5, down: 0 } };
    assert.equal(proposed(use(400, 440), share(30), wide), 2);
    assert.equal(proposed(use(290, 290), share(30), wide), 2);
    assert.equal(proposed(use(100, 100), share(30), wide), 1);
  });
});

describe("no number is given", () => {
  const why: readonly (readonly [string, readonly Actor[], Partial<ScalingScene>, string])[] = [
    ["without pods", [], {}, "no pods returned by selector while calculating replica count"],
    [
      "when nobody tells",
      [{}, {}],
      {},
      "unable to get metrics for resource cpu: no metrics returned from resource metrics API",
    ],
    [
      "when a container does not say what it requests",
      [{ uses: 1 }, { uses: 1, requests: undefined }],
      {},
      "missing request for cpu in container main of Pod p1",
    ],
    [
      "of a container that is not there",
      [{ uses: 1 }],
      { container: "side" },
      "unable to get metrics for resource cpu: no metrics returned from resource metrics API",
    ],
  ];
  for (const [what, actors, more, message] of why) {
    test(what, () => {
      assert.equal(proposed(actors, share(50), more), message);
    });
  }
});

test("what is used is told as it was measured, of one container alone if asked", () => {
  const pod = podOf({ requests: "200m" }, 0);
  const side = { name: "side", image: "i", resources: { requests: { cpu: "1" } } };
  const whole: Pod = { ...pod, spec: { ...pod.spec, containers: [...pod.spec.containers, side] } };
  const containers = [
    { name: "main", cpuNanocores: 100_000_000, memoryBytes: 1 },
    { name: "side", cpuNanocores: 500_000_000, memoryBytes: 1 },
  ];
  const scene = {
    resource: "cpu",
    pods: [whole],
    replicas: 1,
    wallMs,
    tolerance: { up: 0.1, down: 0.1 },
    readingOf: () => ({ uid: "p0", containers, wallMs, windowMs: 1000 }),
  };
  const told = (container: string): unknown => proposalOf({ ...scene, container }, share(50));
  assert.deepEqual(told(""), { ok: true, replicas: 1, averageMillis: 600, utilization: 50 });
  assert.deepEqual(told("side"), { ok: true, replicas: 1, averageMillis: 500, utilization: 50 });
  const amount = proposalOf({ ...scene, container: "main" }, { kind: "average", millis: 25 });
  assert.deepEqual(amount, { ok: true, replicas: 4, averageMillis: 100 });
});
