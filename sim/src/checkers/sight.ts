import { findResource, type KubeObject, resources } from "@beemesh/model";
import type { FoundPod, ObjectStore } from "@beemesh/ports";
import { type CollectionId, collectionOf, type PeerId } from "@beemesh/wire";

/** One machine as a checker may see it: what its runtime holds, and what its API would tell. */
export interface SeenMachine {
  readonly id: PeerId;
  /** As in `spec.nodeName`. */
  readonly name: string;
  /** Whether the program runs. Without power nothing of it runs; without it containers may. */
  readonly isUp: boolean;
  /** The records as this machine holds them; of a machine that is down, as it last did. */
  readonly objects: Pick<ObjectStore, "get" | "list">;
  /** Whether all of a collection is there, so that the machine's API may answer for it. */
  readonly holds: (collection: CollectionId) => boolean;
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

/** An object of a machine, and whether the machine holds all others of its collection too. */
export interface SeenObject {
  readonly object: KubeObject;
  readonly isWhole: boolean;
}

/** Every object that a machine has, by resource, namespace and name. */
export function allObjects({ objects, holds }: SeenMachine): ReadonlyMap<string, SeenObject> {
  const all = new Map<string, SeenObject>();
  for (const resource of resources) {
    if (findResource(resource.group, resource.name) !== resource) continue;
    for (const object of objects.list(resource).items) {
      const { metadata } = object;
      const { namespace = "-", name } = metadata;
      const isWhole = holds(collectionOf(resource.name, resource.group, metadata.namespace));
      all.set(`${resource.name}/${namespace}/${name}`, { object, isWhole });
    }
  }
  return all;
}
