import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Condition } from "@beemesh/model";
import { makeNode, type NodeFacts, nodeStatus } from "./node.ts";

const facts: NodeFacts = {
  name: "m1",
  peer: "peer1",
  labels: { disk: "ssd" },
  addresses: ["/ip4/10.0.0.1/tcp/4100"],
  hostIp: "10.0.0.1",
  cpuMillicores: 2000,
  memoryBytes: 1024 ** 3,
  diskBytes: 1024 ** 3,
  podsMax: 110,
  runtimeHandlers: ["runc"],
  system: {
    architecture: "amd64",
    operatingSystem: "linux",
    osImage: "Debian",
    kernelVersion: "6.1",
    runtimeVersion: "podman://4.3.1",
    version: "v0",
    machineId: "1",
    bootId: "2",
  },
};
const well = { runtime: "", disk: "", clock: "" };
const made = { uid: "u1", timestamp: "2026-11-20T00:00:00Z" };

function conditionsOf(status: Readonly<Record<string, unknown>>): readonly Condition[] {
  const { conditions } = status;
  assert(Array.isArray(conditions));
  return conditions;
}

describe("makeNode", () => {
  test("keeps what users wrote: a cordon, labels, the uid", () => {
    const first = makeNode(facts, undefined, made);
    const cordoned = {
      ...first,
      metadata: { ...first.metadata, labels: { ...first.metadata.labels, team: "a" } },
      spec: { unschedulable: true },
    };
    const again = makeNode(facts, cordoned, { uid: "u2", timestamp: "later" });
    assert.deepEqual(again.spec, { unschedulable: true });
    assert.equal(again.metadata.uid, "u1");
    assert.equal(again.metadata.labels?.["team"], "a");
    assert.equal(again.metadata.annotations?.["beemesh.io/peer-id"], "peer1");
  });
});

test("makeNode tells where Ingresses are reached, as long as they are", () => {
  const mark = "beemesh.io/ingress-address";
  const open = makeNode({ ...facts, ingressAddress: "10.0.0.1" }, undefined, made);
  assert.equal(open.metadata.annotations?.[mark], "10.0.0.1");
  assert.equal(makeNode(facts, open, made).metadata.annotations?.[mark], undefined);
});

describe("nodeStatus", () => {
  test("is Ready when nothing is wrong, and says what is wrong otherwise", () => {
    const ready = conditionsOf(nodeStatus(facts, well, [], "t1"));
    assert.equal(ready.find(({ type }) => type === "Ready")?.status, "True");
    const sick = { ...well, runtime: "Cannot reach Podman: socket refused" };
    const trouble = conditionsOf(nodeStatus(facts, sick, ready, "t2"));
    assert.deepEqual(
      trouble.find(({ type }) => type === "Ready"),
      {
        type: "Ready",
        status: "False",
        reason: "MachineTrouble",
        message: "Cannot reach Podman: socket refused",
        lastHeartbeatTime: "t2",
        lastTransitionTime: "t2",
      },
    );
  });

  test("keeps the time of conditions that did not change", () => {
    const before = conditionsOf(nodeStatus(facts, well, [], "t1"));
    const now = conditionsOf(nodeStatus(facts, well, before, "t2"));
    assert(now.every(({ lastTransitionTime }) => lastTransitionTime === "t1"));
    assert(now.every(({ lastHeartbeatTime }) => lastHeartbeatTime === "t1"));
  });
});
