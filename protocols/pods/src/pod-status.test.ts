import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Container, ContainerState, Pod } from "@beemesh/model";
import type { ContainerRole } from "./container-role.ts";
import { type ContainerReport, type PodFacts, podStatus } from "./pod-status.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1", uid: "U" },
  spec: { containers: [] as Container[] },
};
const running = { running: { startedAt: "" } };
const waiting = { waiting: { reason: "ContainerCreating" } };
const failed = { terminated: { exitCode: 1, reason: "Error" } };
const completed = { terminated: { exitCode: 0, reason: "Completed" } };

function report(
  name: string,
  state: ContainerState,
  { role = "main", lastState = {} }: { role?: ContainerRole; lastState?: ContainerState } = {},
): ContainerReport {
  const ready = state === running;
  const about = { name, image: "i", imageID: "", ready, restartCount: 0, state, lastState };
  return { role, isPassed: ready || role === "main", status: about };
}

function status(containers: readonly ContainerReport[], more: Partial<PodFacts> = {}) {
  return podStatus({
    pod,
    containers,
    isInitialized: true,
    isOver: false,
    verdict: undefined,
    startTime: "",
    hostIp: "10.0.0.1",
    podIp: undefined,
    before: [],
    resizes: [],
    pending: undefined,
    wallMs: 60_000,
    ...more,
  });
}

describe("the phase", () => {
  for (const [expected, containers, more] of [
    ["Pending", [report("a", waiting)], {}],
    ["Pending", [report("a", running), report("b", waiting)], {}],
    ["Running", [report("a", running), report("b", failed)], {}],
    ["Running", [report("a", waiting, { lastState: failed })], {}],
    ["Succeeded", [report("a", completed)], { isOver: true }],
    ["Failed", [report("a", completed), report("b", failed)], { isOver: true }],
    ["Failed", [report("a", running)], { isOver: true }],
    ["Failed", [report("a", running, { lastState: completed })], { isOver: true }],
    ["Pending", [report("i", failed, { role: "init" })], { isInitialized: false }],
    ["Failed", [report("i", failed, { role: "init" })], { isInitialized: false, isOver: true }],
    ["Failed", [report("a", running)], { verdict: { reason: "Lost", message: "" } }],
  ] as const) {
    test(`is ${expected} for ${JSON.stringify(containers.map((c) => c.status.state))}`, () => {
      assert.equal(status(containers, more).phase, expected);
    });
  }
});

describe("the conditions", () => {
  const conditionOf = (result: ReturnType<typeof status>, wanted: string) =>
    result.conditions?.find(({ type }) => type === wanted);

  test("name the containers that are not ready", () => {
    const result = status([report("a", running), report("b", waiting)]);
    assert.equal(conditionOf(result, "Ready")?.status, "False");
    assert.equal(
      conditionOf(result, "ContainersReady")?.message,
      "containers with unready status: [b]",
    );
    assert.equal(conditionOf(result, "Initialized")?.status, "True");
  });

  test("keep their transition time until they change", () => {
    const [first] = [status([report("a", waiting)])];
    const before = first?.conditions ?? [];
    const later = status([report("a", running)], { before, wallMs: 120_000 });
    assert.equal(conditionOf(later, "PodScheduled")?.lastTransitionTime, "1970-01-01T00:01:00Z");
    assert.equal(conditionOf(later, "Ready")?.lastTransitionTime, "1970-01-01T00:02:00Z");
  });

  test("say that the pod has completed", () => {
    const result = status([report("a", completed)], { isOver: true });
    assert.equal(conditionOf(result, "Ready")?.reason, "PodCompleted");
  });
});

describe("a pod with readiness gates", () => {
  const type = "example.com/balanced";
  const gated = (told?: "True" | "False"): Pod => ({
    ...pod,
    spec: { ...pod.spec, readinessGates: [{ conditionType: type }] },
    ...(told && { status: { conditions: [{ type, status: told }] } }),
  });
  const readyOf = (told?: "True" | "False", state: ContainerState = running) => {
    const { conditions = [] } = status([report("a", state)], { pod: gated(told) });
    const find = (wanted: string) => conditions.find((each) => each.type === wanted);
    return { ready: find("Ready"), containersReady: find("ContainersReady")?.status };
  };

  test("is ready when others say so too", () => {
    assert.equal(readyOf("True").ready?.status, "True");
    const { ready, containersReady } = readyOf("False");
    assert.deepEqual([ready?.status, containersReady], ["False", "True"]);
    assert.equal(ready?.reason, "ReadinessGatesNotReady");
    assert.match(ready?.message ?? "", /"example\.com\/balanced" is not "True", but False$/u);
    assert.match(readyOf().ready?.message ?? "", /does not exist\.$/u);
  });

  test("is not ready before its containers are, whatever others say", () => {
    assert.equal(readyOf("True", waiting).ready?.reason, "ContainersNotReady");
  });
});
