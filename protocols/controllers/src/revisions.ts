import {
  type Deployment,
  isPod,
  isReplicaSet,
  matches,
  type Pod,
  podTemplateHash,
  type ReplicaSet,
  selectorOf,
} from "@beemesh/model";
import { replicaSetResource } from "./kinds.ts";
import { countPods, isLost } from "./pod-facts.ts";
import { controllerOf, isEnding, type View } from "./view.ts";

/** Annotation of a ReplicaSet, and of its Deployment: which revision it is, from 1. */
export const revisionAnnotation = "deployment.kubernetes.io/revision";

/** One ReplicaSet of a Deployment with what there is of it. */
export interface Revision {
  readonly set: ReplicaSet;
  /** What is wanted of it. */
  readonly wanted: number;
  /** Pods that are not ending. */
  readonly living: number;
  /** Pods, also those that are ending. */
  readonly present: number;
  readonly ready: number;
  readonly available: number;
}

/** The ReplicaSets of a Deployment, as far as they are acted upon. */
export interface Revisions {
  /** The one of the present template, if it is there. */
  readonly current: Revision | undefined;
  readonly earlier: readonly Revision[];
  /** ReplicaSets without a controller that the Deployment selects. */
  readonly orphans: readonly ReplicaSet[];
  /** When a pod will have been ready long enough. */
  readonly nextInMs: number;
}

/** Finds the ReplicaSets of a Deployment and counts their pods. */
export function revisionsOf(deployment: Deployment, view: View): Revisions {
  const { uid = "", namespace = "" } = deployment.metadata;
  const sets = view.store.list(replicaSetResource, namespace).items.filter(isReplicaSet);
  const owned = sets
    .filter((set) => controllerOf(set)?.uid === uid && !isEnding(set))
    .toSorted((a, b) => (createdOf(a) < createdOf(b) ? -1 : 1));
  const selector = selectorOf(deployment.spec.selector);
  const orphans = sets.filter(
    (set) =>
      controllerOf(set) === undefined && !isEnding(set) && matches(selector, set.metadata.labels),
  );
  const counted = owned.map((set) => ({ ...count(set, view) }));
  const current = counted.find(({ set }) => isOf(deployment, set));
  return {
    current,
    earlier: counted.filter((each) => each !== current),
    orphans,
    nextInMs: Math.min(Infinity, ...counted.map(({ nextInMs }) => nextInMs)),
  };
}

/** The revision number of a ReplicaSet; 0 if it has none. */
export function revisionOf({ metadata }: Pick<ReplicaSet, "metadata">): number {
  const revision = Number(metadata.annotations?.[revisionAnnotation] ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** Adds up a count of several revisions. */
export function sumOf(
  revisions: readonly Revision[],
  name: Exclude<keyof Revision, "set">,
): number {
  return revisions.reduce((sum, revision) => sum + revision[name], 0);
}

function createdOf({ metadata }: ReplicaSet): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}

/** Whether the template of the ReplicaSet is that of the Deployment, but for the hash. */
function isOf({ spec }: Deployment, set: ReplicaSet): boolean {
  return podTemplateHash(spec.template) === podTemplateHash(set.spec.template);
}

function count(set: ReplicaSet, view: View): Revision & { readonly nextInMs: number } {
  const { uid = "" } = set.metadata;
  const pods: readonly Pod[] = view.census
    .ownedBy(uid)
    .map(({ object }) => object)
    .filter(isPod);
  const living = pods.filter((pod) => !isEnding(pod));
  const there = living.filter((pod) => !isLost(pod, view.members));
  const { minReadySeconds = 0, replicas = 1 } = set.spec;
  return {
    set,
    wanted: replicas,
    living: living.length,
    present: pods.length,
    ...countPods(there, minReadySeconds, view.now.wallMs),
  };
}
