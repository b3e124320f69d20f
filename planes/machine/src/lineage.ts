import type { KubeObject, Pod, Resource } from "@beemesh/model";
import { type CollectionId, collectionOf, type Entry } from "@beemesh/wire";
import { resourceNamed } from "./resource.ts";

/** Where a record stands. */
export interface RecordName {
  readonly collection: CollectionId;
  readonly name: string;
}

/** Finds an object by its resource, namespace and name. */
export type Lookup = (
  resource: Resource,
  namespace: string,
  name: string,
) => KubeObject | undefined;

/** The objects that a pod is derived from, as far as they are known here. */
export interface Lineage {
  readonly replicaSet: KubeObject | undefined;
  readonly deployment: KubeObject | undefined;
  /** The records of both, also of one that is not known. */
  readonly records: readonly RecordName[];
  /** Which of them is not known here. */
  readonly missing: RecordName | undefined;
}

const replicaSets = resourceNamed("apps", "replicasets");
const deployments = resourceNamed("apps", "deployments");

/** Finds the ReplicaSet that controls a pod, and the Deployment that controls that. */
export function lineageOf(pod: Pod, lookup: Lookup): Lineage {
  const upper = ownerOf(pod, replicaSets, lookup);
  const top = upper.object && ownerOf(upper.object, deployments, lookup);
  const owners = [upper, top].filter((owner) => owner?.record !== undefined);
  return {
    replicaSet: upper.object,
    deployment: top?.object,
    records: owners.flatMap((owner) => owner?.record ?? []),
    missing: owners.find((owner) => owner?.object === undefined)?.record,
  };
}

/**
 * Whether one of these pods is derived from what an entry holds. The machine of a pod keeps its
 * lineage beside it: without it nobody could tell after a reboot whether the pod may run.
 */
export function isAncestor(entry: Entry, pods: Iterable<Pod>, lookup: Lookup): boolean {
  if (entry.part !== "spec" || !ancestralKinds.test(entry.collection)) return false;
  for (const pod of pods) {
    if (!entry.collection.endsWith(`/${pod.metadata.namespace}`)) continue;
    const { records } = lineageOf(pod, lookup);
    if (records.some((at) => at.name === entry.name && at.collection === entry.collection)) {
      return true;
    }
  }
  return false;
}

const ancestralKinds = /^(?:replicasets|deployments)\.apps\//u;

function ownerOf(
  { metadata }: KubeObject,
  resource: Resource,
  lookup: Lookup,
): { readonly object: KubeObject | undefined; readonly record: RecordName | undefined } {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.kind !== resource.kind) return { object: undefined, record: undefined };
  const { namespace = "" } = metadata;
  const { name } = owner;
  const record = { collection: collectionOf(resource.name, resource.group, namespace), name };
  return { object: lookup(resource, namespace, name), record };
}
