/** A mesh made by hand, for the tests of checkers: what runs where, and who holds what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, Resource } from "@beemesh/model";
import type { SeenMachine, SeenMesh } from "./sight.ts";

/** A pod that runs: its slot and its uid. */
export type Running = readonly [name: string, uid: string, attempt?: number];

export interface FakeMachine {
  readonly running?: readonly Running[];
  readonly objects?: readonly KubeObject[];
  readonly isUp?: boolean;
  /** Whether its objects are all there are; true if not given. */
  readonly isWhole?: boolean;
}

/** A mesh of machines `m0`, `m1`, … at a moment; `cut` names those that reach nobody. */
export function meshOf(
  nowMs: number,
  machines: readonly FakeMachine[],
  cut: readonly string[] = [],
): SeenMesh {
  return {
    nowMs,
    machines: machines.map((machine, index) => seen(`m${index}`, machine)),
    reaches: (a, b) => !cut.includes(a) && !cut.includes(b),
  };
}

function seen(
  name: string,
  { running = [], objects = [], isUp = true, isWhole = true }: FakeMachine,
): SeenMachine {
  const of = ({ kind }: Resource): readonly KubeObject[] =>
    objects.filter((object) => object.kind === kind);
  return {
    id: name,
    name,
    isUp,
    objects: {
      get: (resource, _, wanted) => of(resource).find(({ metadata }) => metadata.name === wanted),
      list: (resource) => ({ items: of(resource), revision: "1" }),
    },
    holds: () => isWhole,
    running: () =>
      running.map(([pod, uid, attempt = 0]) => ({
        uid,
        namespace: "default",
        name: pod,
        ip: "10.0.0.1",
        containers: [{ name: "main", attempt, id: uid, state: "running" as const }],
      })),
  };
}

/** A Deployment `web`, its ReplicaSet and its pods, each on the machine given. */
export function webOf(replicas: number, machines: readonly string[], number = 1): KubeObject[] {
  const owned = (name: string, uid: string) => ({
    name,
    namespace: "default",
    uid,
  });
  const owner = (kind: string, name: string, uid: string) => [
    { apiVersion: "apps/v1", kind, name, uid, controller: true },
  ];
  const podSpec = { containers: [{ name: "main", image: "a" }] };
  const top: KubeObject = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...owned("web", "d"), annotations: { "simulator/write": String(number) } },
    spec: { replicas, template: { spec: podSpec } },
  };
  const set: KubeObject = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { ...owned("web-1", "r"), ownerReferences: owner("Deployment", "web", "d") },
    spec: { replicas, template: { spec: podSpec } },
  };
  const pods = machines.map(
    (nodeName, index): KubeObject => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        ...owned(`web-1-${index}`, `p${index}`),
        ownerReferences: owner("ReplicaSet", "web-1", "r"),
      },
      spec: { ...podSpec, nodeName },
    }),
  );
  return [top, set, ...pods];
}

test("a mesh made by hand shows what was put into it", () => {
  const mesh = meshOf(0, [{ running: [["web-1-0", "p0"]], objects: webOf(1, ["m0"]) }, {}], ["m1"]);
  assert.equal(mesh.machines[0]?.running().length, 1);
  assert(!mesh.reaches("m0", "m1"));
});
