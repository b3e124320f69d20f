import { findResource, type KubeObject, resources } from "@beemesh/model";
import type { FoundPod, ObjectStore } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";

/** One machine as a checker may see it: what its runtime holds, and what its API would tell. */
export interface SeenMachine {
  readonly id: PeerId;
  /** As in `spec.nodeName`. */
  readonly name: string;
  /** Whether the program runs. Without power nothing of it runs; without it containers may. */
  readonly isUp: boolean;
  /** The records as this machine holds them; of a machine that is down, as it last did. */
  readonly objects: Pick<ObjectStore, "get" | "list">;
  /** Pods of which a container runs at this moment. */
  readonly running: () => readonly FoundPod[];
}

/** The mesh as a checker may see it at one moment. */
export interface SeenMesh {
  /** Milliseconds since the world began. */
  readonly nowMs: number;
  readonly machines: readonly SeenMachine[];
  /** Whether the network lets messages of one machine through to the other. */
  readonly reaches: (a: PeerId, b: PeerId) => boolean;
}

/** Something that must not be, in a sentence. */
export interface Violation {
  /** The checker that found it. */
  readonly invariant: string;
  readonly message: string;
}

/** All objects of a resource that any machine that is up holds, once each. */
export function objectsOf(mesh: SeenMesh, group: string, plural: string): readonly KubeObject[] {
  const resource = findResource(group, plural);
  const seen = new Map<string, KubeObject>();
  if (resource === undefined) return [];
  for (const { isUp, objects } of mesh.machines) {
    if (!isUp) continue;
    for (const object of objects.list(resource).items) {
      const { namespace = "", name } = object.metadata;
      if (!seen.has(`${namespace}/${name}`)) seen.set(`${namespace}/${name}`, object);
    }
  }
  return [...seen.values()];
}

/** Every object that a machine holds, by resource, namespace and name. */
export function allObjects({ objects }: SeenMachine): ReadonlyMap<string, KubeObject> {
  const all = new Map<string, KubeObject>();
  for (const resource of resources) {
    if (findResource(resource.group, resource.name) !== resource) continue;
    for (const object of objects.list(resource).items) {
      const { namespace = "-", name } = object.metadata;
      all.set(`${resource.name}/${namespace}/${name}`, object);
    }
  }
  return all;
}
