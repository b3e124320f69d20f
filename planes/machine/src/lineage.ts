import type { KubeObject, Pod, Resource } from "@beemesh/model";
import {
  collectionOf,
  type Entry,
  isJsonObject,
  objectLimits,
  parseJson,
  type RecordName,
} from "@beemesh/wire";
import { resourceNamed } from "./resource.ts";

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
 * The owner that an entry names as its controller. The machine of a pod keeps the pod's lineage
 * beside it: without it nobody could tell after a reboot whether the pod may run.
 */
export function descentOf({ collection, part, body }: Entry): readonly RecordName[] {
  const [kind = "", namespace = ""] = collection.split("/");
  const owner = ownersOf.get(kind);
  if (part !== "spec" || owner === undefined || !body.includes(ownerMark)) return [];
  const object = parseJson(body, objectLimits);
  const metadata = isJsonObject(object) ? object["metadata"] : undefined;
  const references = isJsonObject(metadata) ? metadata["ownerReferences"] : undefined;
  if (!Array.isArray(references)) return [];
  const controller = references.find((each) => isJsonObject(each) && each["controller"] === true);
  if (!isJsonObject(controller) || controller["kind"] !== owner.kind) return [];
  const { name } = controller;
  if (typeof name !== "string") return [];
  return [{ collection: collectionOf(owner.name, owner.group, namespace), name }];
}

/** The text is looked at before it is parsed. */
const ownerMark = '"ownerReferences"';

const ownersOf: ReadonlyMap<string, Resource> = new Map([
  ["pods", replicaSets],
  ["replicasets.apps", deployments],
]);

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
