/** Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MachineOffer } from "./machine-offer.ts";
import { type Occupant, preemptingScores, preemptionFor } from "./preemption.ts";
import type { Requirements } from "./requirements.ts";

const requirements: Requirements = {
  cpuMillicores: 400,
  memoryBytes: 0,
  nodeSelector: {},
  tolerations: [],
  hostPorts: [],
  spread: [],
  apart: false,
};

function occupant(uid: string, priority: number, more: Partial<Occupant> = {}): Occupant {
  const amounts = { cpuMillicores: 300, memoryBytes: 0, hostPorts: [], sinceMs: 0 };
  return { uid, priority, ...amounts, isGoing: false, budgets: [], ...more };
}

/** A machine of one core that these pods fill. */
function machineWith(occupants: readonly Occupant[]): MachineOffer {
  const cpuMillicores = occupants.reduce((sum, each) => sum + each.cpuMillicores, 0);
  return {
    id: "p1",
    name: "m1",
    labels: {},
    taints: [],
    unschedulable: false,
    capacity: { cpuMillicores: 1000, memoryBytes: 1, pods: 10 },
    reserved: { cpuMillicores, memoryBytes: 0, pods: occupants.length },
    runtimeHandlers: [],
    hostPorts: occupants.flatMap(({ hostPorts }) => hostPorts),
    workloads: new Map(),
    longevity: 1,
    trust: 1,
    diskPressure: false,
    memoryPressure: false,
  };
}

interface Scene {
  readonly occupants: readonly Occupant[];
  readonly allowed?: Readonly<Record<string, number>>;
  readonly priority?: number;
  readonly wants?: Partial<Requirements>;
  readonly machine?: Partial<MachineOffer>;
  readonly count?: number;
}

function incomersOf({ priority = 100, wants = {}, count = 1 }: Scene) {
  return { requirements: { ...requirements, ...wants }, workload: "w", priority, count };
}

function argumentsOf(scene: Scene) {
  const { occupants, allowed = {}, machine = {} } = scene;
  const occupancy = { occupants, allowed: new Map(Object.entries(allowed)) };
  return [incomersOf(scene), { ...machineWith(occupants), ...machine }, occupancy] as const;
}

function victimsIn(scene: Scene): readonly string[] | undefined {
  return preemptionFor(...argumentsOf(scene))?.victims.map(({ uid }) => uid);
}

const three = [occupant("a", 1), occupant("b", 2), occupant("c", 3)];

describe("who goes for a more important pod", () => {
  test("are the least important ones, and no more than it takes", () => {
    assert.deepEqual(victimsIn({ occupants: three }), ["a"]);
    assert.deepEqual(victimsIn({ occupants: three, wants: { cpuMillicores: 500 } }), ["b", "a"]);
  });

  test("are none of the same or a higher priority", () => {
    assert.equal(victimsIn({ occupants: three, priority: 1 }), undefined);
    assert.deepEqual(victimsIn({ occupants: three, priority: 2 }), ["a"]);
    const wants = { cpuMillicores: 500 };
    assert.equal(victimsIn({ occupants: three, priority: 2, wants }), undefined);
  });

  test("of two alike the one that came last", () => {
    const older = occupant("old", 1, { sinceMs: 1 });
    const younger = occupant("young", 1, { sinceMs: 2 });
    assert.deepEqual(victimsIn({ occupants: [older, younger, occupant("c", 3)] }), ["young"]);
  });

  test("rather those that no budget protects, though they are more important", () => {
    const occupants = [occupant("a", 1, { budgets: ["keep"] }), ...three.slice(1)];
    assert.deepEqual(victimsIn({ occupants, allowed: { keep: 0 } }), ["b"]);
    assert.deepEqual(victimsIn({ occupants, allowed: { keep: 1 } }), ["a"]);
    const wants = { cpuMillicores: 1000 };
    const all = preemptionFor(...argumentsOf({ occupants, allowed: { keep: 0 }, wants }));
    assert.deepEqual([all?.victims.length, all?.violations], [3, 1]);
  });

  test("are nobody if those go already who have the place", () => {
    const occupants = [occupant("a", 1, { isGoing: true }), ...three.slice(1)];
    assert.deepEqual(victimsIn({ occupants }), []);
  });

  test("free a port that is taken", () => {
    const hostPorts = [{ port: 80, protocol: "TCP" }] as const;
    const occupants = [occupant("a", 1, { cpuMillicores: 0 }), occupant("b", 2, { hostPorts })];
    assert.deepEqual(victimsIn({ occupants, wants: { hostPorts } }), ["b"]);
  });

  test("are nobody where the pod could not be anyway", () => {
    assert.equal(victimsIn({ occupants: three, machine: { unschedulable: true } }), undefined);
    assert.equal(victimsIn({ occupants: three, wants: { cpuMillicores: 2000 } }), undefined);
    assert.equal(victimsIn({ occupants: [] }), undefined);
  });
});

describe("how gladly a machine makes room", () => {
  const scores = (scene: Scene): readonly number[] => preemptingScores(...argumentsOf(scene));
  const first = (scene: Scene): number => scores(scene)[0] ?? -1;

  test("is told below every machine that has room, and by what is lost", () => {
    const less = first({ occupants: three });
    const more = first({ occupants: [occupant("a", 2), ...three.slice(1)] });
    assert(less < 0.001 && less > more && more > 0);
    const both = first({
      occupants: [occupant("a", 1), occupant("b", 1), occupant("c", 3)],
      wants: { cpuMillicores: 500 },
    });
    assert(less > both && both > more, "one more of the same counts less than a higher priority");
  });

  test("is worst where a budget is violated, whatever the priority", () => {
    const budgets = ["keep"];
    const kept = [0, 1, 2].map((index) => occupant(`k${index}`, -5, { budgets }));
    const violated = first({ occupants: kept });
    assert(
      violated > 0 &&
        violated <
          first({
            occupants: three.slice(1),
            priority: 2 ** 31 - 1,
            wants: { cpuMillicores: 900 },
          }),
    );
  });

  test("is told of as many pods as it can make room for", () => {
    assert.equal(scores({ occupants: three, count: 5 }).length, 2);
    assert.equal(scores({ occupants: three, count: 1 }).length, 1);
    assert.equal(scores({ occupants: three, count: 5, wants: { apart: true } }).length, 1);
    assert.deepEqual(scores({ occupants: three, priority: 0 }), []);
  });
});
