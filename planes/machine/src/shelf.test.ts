/** Objects in memory and facts of a machine, for the tests of what writes and reads them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, Pod, Resource } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import type { Objects } from "@beemesh/registry";
import type { NodeFacts } from "./node.ts";

/** What a test's machine says of itself. */
export const facts: NodeFacts = {
  name: "m1",
  peer: "p1",
  labels: { zone: "a" },
  addresses: ["/ip4/10.0.0.1/tcp/4100"],
  hostIp: "10.0.0.1",
  cpuMillicores: 2000,
  memoryBytes: 1024 ** 3,
  diskBytes: 1024 ** 4,
  podsMax: 110,
  runtimeHandlers: ["runc"],
  system: {
    architecture: "amd64",
    operatingSystem: "linux",
    osImage: "Debian",
    kernelVersion: "6",
    runtimeVersion: "podman://4",
    version: "v0",
    machineId: "1",
    bootId: "2",
  },
};

/** Objects by kind, namespace and name; every write is noted. */
type Records = ObjectStore & Pick<Objects, "amendSpec">;

export class Shelf {
  readonly writes: string[] = [];
  readonly #objects = new Map<string, KubeObject>();

  get store(): Records {
    const ticket = (object: KubeObject): { id: number; object: KubeObject } => ({ id: 1, object });
    const store: Pick<Records, "amendSpec" | "get" | "putSpec" | "putStatus" | "remove"> = {
      amendSpec: (resource, object) => store.putSpec(resource, object),
      get: (resource, namespace, name) => this.#objects.get(keyOf(resource, namespace, name)),
      putSpec: (resource, object) => {
        const { metadata } = object;
        const key = keyOf(resource, metadata.namespace ?? "", metadata.name);
        const { status } = this.#objects.get(key) ?? {};
        this.#objects.set(key, status === undefined ? object : { ...object, status });
        this.writes.push(`spec ${object.kind}/${metadata.name}`);
        return ticket(object);
      },
      putStatus: (resource, object) => {
        const { metadata } = object;
        this.#objects.set(keyOf(resource, metadata.namespace ?? "", metadata.name), object);
        this.writes.push(`status ${object.kind}/${metadata.name}`);
        return ticket(object);
      },
      remove: (resource, namespace, name) => {
        this.#objects.delete(keyOf(resource, namespace, name));
        this.writes.push(`remove ${resource.kind}/${name}`);
        return undefined;
      },
    };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- these are all that is used
    return store as Records;
  }

  /** Writes noted since it was last asked. */
  take(): string[] {
    return this.writes.splice(0);
  }
}

/** A pod of a ReplicaSet. */
export function podNamed(name: string, change: Partial<Pod["spec"]> = {}): Pod {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "rs-1" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "shop",
      uid: `uid-${name}`,
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: {
      containers: [
        { name: "web", image: "x", resources: { requests: { cpu: "500m", memory: "64Mi" } } },
      ],
      ...change,
    },
  };
}

function keyOf({ kind }: Resource, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

test("a shelf joins specification and status", () => {
  const { store } = new Shelf();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the kind is read
  const resource = { kind: "Pod" } as Resource;
  store.putStatus(resource, { ...podNamed("a"), status: { phase: "Running" } });
  store.putSpec(resource, podNamed("a", { nodeName: "m1" }));
  const found = store.get(resource, "shop", "a");
  assert.deepEqual(found?.status, { phase: "Running" });
});
