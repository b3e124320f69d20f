import {
  isKubeObject,
  type KubeObject,
  type Pod,
  type Resource,
  revisionNameOf,
} from "@beemesh/model";
import {
  collectionOf,
  type Entry,
  isJsonObject,
  type JsonObject,
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
  /** The ReplicaSet or Job that controls the pod. */
  readonly upper: KubeObject | undefined;
  /** What controls that one, such as a Deployment; or the ControllerRevision of the pod. */
  readonly top: KubeObject | undefined;
  /** The records of both, also of one that is not known. */
  readonly records: readonly RecordName[];
  /** Which of them is not known here. */
  readonly missing: RecordName | undefined;
}

/** Which kinds may control the objects of a kind, by the beginning of its collections' names. */
const ownersOf: ReadonlyMap<string, readonly Resource[]> = new Map([
  [
    "pods",
    [
      resourceNamed("apps", "replicasets"),
      resourceNamed("batch", "jobs"),
      resourceNamed("apps", "statefulsets"),
      resourceNamed("apps", "daemonsets"),
      resourceNamed("", "replicationcontrollers"),
    ],
  ],
  ["replicasets.apps", [resourceNamed("apps", "deployments")]],
]);

/** Finds the ReplicaSet or Job that controls a pod, and the Deployment that controls that. */
export function lineageOf(pod: Pod, lookup: Lookup): Lineage {
  const upper = ownerOf(pod, "pods", lookup);
  const top =
    revisionIn(pod, lookup) ??
    (upper.object && ownerOf(upper.object, kindOf(upper.record), lookup));
  const owners = [upper, top].filter((owner) => owner?.record !== undefined);
  return {
    upper: upper.object,
    top: top?.object,
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
  if (part !== "spec" || !ownersOf.has(kind) || !body.includes(ownerMark)) return [];
  const { kind: ownerKind, name } = controllerIn(body);
  const owner = ownersOf.get(kind)?.find((each) => each.kind === ownerKind);
  if (owner === undefined || typeof name !== "string") return [];
  const revision = revisionIn(parseJson(body, objectLimits))?.record;
  const record = { collection: collectionOf(owner.name, owner.group, namespace), name };
  return revision === undefined ? [record] : [record, revision];
}

const revisions = resourceNamed("apps", "controllerrevisions");

/** Kinds whose pods are of a ControllerRevision, which the pod names by a label. */
const versionedKinds: ReadonlySet<string> = new Set(["StatefulSet", "DaemonSet"]);

/** The revision that a pod says it is of; undefined for a pod that is of none. */
function revisionIn(pod: unknown, lookup?: Lookup): Found | undefined {
  if (!isKubeObject(pod)) return undefined;
  const owners: unknown = pod.metadata.ownerReferences;
  const owner = Array.isArray(owners)
    ? owners.filter((each) => isJsonObject(each)).find((each) => each["controller"] === true)
    : undefined;
  const { kind, name: ownerName } = owner ?? {};
  if (typeof kind !== "string" || typeof ownerName !== "string") return undefined;
  const name = versionedKinds.has(kind) ? revisionNameOf(pod, { kind, name: ownerName }) : "";
  if (name === "") return undefined;
  const { namespace = "" } = pod.metadata;
  const record = { collection: collectionOf(revisions.name, revisions.group, namespace), name };
  return { object: lookup?.(revisions, namespace, name), record };
}

interface Found {
  readonly object: KubeObject | undefined;
  readonly record: RecordName | undefined;
}

/** The reference to its controller in the text of an object; empty without one. */
function controllerIn(body: string): JsonObject {
  const object = parseJson(body, objectLimits);
  const metadata = isJsonObject(object) ? object["metadata"] : undefined;
  const references = isJsonObject(metadata) ? metadata["ownerReferences"] : undefined;
  const found = Array.isArray(references)
    ? references.find((each) => isJsonObject(each) && each["controller"] === true)
    : undefined;
  return isJsonObject(found) ? found : {};
}

/** The text is looked at before it is parsed. */
const ownerMark = '"ownerReferences"';

function kindOf(record: RecordName | undefined): string {
  return record?.collection.split("/")[0] ?? "";
}

/** The owner that controls an object of a kind, if that is one that may. */
function ownerOf(
  { metadata }: KubeObject,
  kind: string,
  lookup: Lookup,
): { readonly object: KubeObject | undefined; readonly record: RecordName | undefined } {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  const resource = ownersOf.get(kind)?.find((each) => each.kind === owner?.kind);
  if (owner === undefined || resource === undefined) {
    return { object: undefined, record: undefined };
  }
  const { namespace = "" } = metadata;
  const { name } = owner;
  const record = { collection: collectionOf(resource.name, resource.group, namespace), name };
  return { object: lookup(resource, namespace, name), record };
}
