import { countsKind } from "@beemesh/admission";
import {
  budgetsOf,
  isJob,
  isReplicaSet,
  isReplicationController,
  type KubeObject,
  type LabelSelector,
  listAt,
  matches,
  type Resource,
  selectorOf,
  selectorOfLabels,
  taintsOf,
} from "@beemesh/model";
import type { Change, ObjectStore } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { type Census, keyOf, keyOfName } from "./census.ts";
import { instanceKeys, waitingDefinition } from "./definitions.ts";
import {
  daemonSetResource,
  disruptionBudgetResource,
  endpointsResource,
  externalWorkloadResource,
  jobResource,
  limitRangeResource,
  namespaceResource,
  nodeResource,
  podResource,
  replicaSetResource,
  replicationControllerResource,
  resourceQuotaResource,
  serviceResource,
  statefulSetResource,
} from "./kinds.ts";
import { isOfJudges } from "./pod-gate.ts";
import { isService } from "./service.ts";
import { controllerOf, isEnding } from "./view.ts";

/** The keys of all that may have to act on a change: the object, its owners, who selects it. */
export function interestedIn(change: Change, store: ObjectStore, census: Census): Set<string> {
  const { resource, object, before, kind } = change;
  const versions = before === undefined ? [object] : [object, before];
  const isGoing = kind === "deleted" || isEnding(object);
  const owned = isGoing ? census.ownedBy(object.metadata.uid ?? "") : [];
  return new Set([
    keyOf({ resource, object }),
    ...versions.flatMap((version) => ownersOf(version, store)),
    ...(resource === podResource ? versions.flatMap((pod) => selectorsOf(pod, store)) : []),
    ...(resource === externalWorkloadResource
      ? versions.flatMap((program) => servicesOf(program, store))
      : []),
    ...(resource === endpointsResource ? [sameService(object)] : []),
    ...(resource === podResource ? versions.flatMap((pod) => budgetKeys(pod, store)) : []),
    ...owned.map((entry) => keyOf(entry)),
    ...endingHome(object, store),
    ...waitingDefinition(resource, store),
    ...instanceKeys(change, store),
    ...(resource === nodeResource ? daemonSets(change, store) : []),
    ...(resource === nodeResource ? podsThere(change, census) : []),
    ...makersOfPods(change, store),
    ...quotasOf(change, store),
  ]);
}

/** What says which pods may be made in a namespace. */
const gatingResources: readonly Resource[] = [limitRangeResource, resourceQuotaResource];

/** What makes pods itself. */
const podMakers: readonly Resource[] = [
  replicaSetResource,
  replicationControllerResource,
  statefulSetResource,
  daemonSetResource,
  jobResource,
];

/**
 * Whom it concerns that other pods may be made: what was refused one may have it now. What is used
 * of a quota changes often: that concerns those who were refused.
 */
function makersOfPods(change: Change, store: ObjectStore): string[] {
  const { resource: what, object, before, kind } = change;
  if (!gatingResources.includes(what) && !isOfJudges(change)) return [];
  const { name, namespace } = object.metadata;
  const home = what === namespaceResource ? name : namespace;
  const isNews = kind !== "modified" || canonicalJson(before?.spec) !== canonicalJson(object.spec);
  return podMakers.flatMap((resource) =>
    store
      .list(resource, home)
      .items.filter(
        (maker) => isNews || isOfJudges(change) || listAt(maker, "status", "conditions").length > 0,
      )
      .map((maker) => keyOf({ resource, object: maker })),
  );
}

/** The quotas that count objects of this kind. */
function quotasOf({ resource, object }: Change, store: ObjectStore): string[] {
  const { namespace = "" } = object.metadata;
  if (namespace === "") return [];
  return store
    .list(resourceQuotaResource, namespace)
    .items.filter((quota) => countsKind(quota, resource))
    .map((quota) => keyOf({ resource: resourceQuotaResource, object: quota }));
}

/** What a Node says of itself changes often; what decides who runs there seldom. */
function daemonSets({ object, before, kind }: Change, store: ObjectStore): string[] {
  const facts = ({ metadata, spec }: KubeObject): string => JSON.stringify([metadata.labels, spec]);
  if (kind === "modified" && before !== undefined && facts(before) === facts(object)) return [];
  return store
    .list(daemonSetResource)
    .items.map((set) => keyOf({ resource: daemonSetResource, object: set }));
}

/** Whom a machine's taints may send away, when they have changed. */
function podsThere({ object, before }: Change, census: Census): string[] {
  const evicting = (node: KubeObject | undefined): string =>
    JSON.stringify(taintsOf(node).filter(({ effect }) => effect === "NoExecute"));
  if (evicting(before) === evicting(object)) return [];
  return census
    .podsOn(object.metadata.name)
    .map((pod) => keyOf({ resource: podResource, object: pod }));
}

/** A namespace that is being deleted waits for what is in it. */
function endingHome({ metadata }: KubeObject, store: ObjectStore): string[] {
  const home = store.get(namespaceResource, "", metadata.namespace ?? "");
  if (home === undefined || !isEnding(home)) return [];
  return [keyOf({ resource: namespaceResource, object: home })];
}

/** The owners, and theirs: a Deployment counts the pods of its ReplicaSets. */
function ownersOf(object: KubeObject, store: ObjectStore, depth = 0): string[] {
  const { ownerReferences = [], namespace = "" } = object.metadata;
  return ownerReferences.flatMap(({ apiVersion, kind, name }) => {
    const resource = store.resources.ofKind(apiVersion, kind);
    if (resource === undefined) return [];
    const place = resource.namespaced ? namespace : "";
    const owner = store.get(resource, place, name);
    const upper = owner === undefined || depth >= 1 ? [] : ownersOf(owner, store, depth + 1);
    return [keyOfName(resource, place === "" ? undefined : place, name), ...upper];
  });
}

/** The Services that select a pod, and for one without a controller whoever might adopt it. */
function selectorsOf(pod: KubeObject, store: ObjectStore): string[] {
  const { namespace = "", labels } = pod.metadata;
  const services = servicesOf(pod, store);
  if (controllerOf(pod) !== undefined) return services;
  const keysOf = (resource: Resource, selects: (object: KubeObject) => boolean): string[] =>
    store
      .list(resource, namespace)
      .items.filter(selects)
      .map((object) => keyOf({ resource, object }));
  const isSelected = (selector: LabelSelector | undefined): boolean =>
    selector !== undefined && matches(selectorOf(selector), labels);
  return [
    ...services,
    ...keysOf(replicaSetResource, (set) => isReplicaSet(set) && isSelected(set.spec.selector)),
    ...keysOf(jobResource, (job) => isJob(job) && isSelected(job.spec.selector)),
    ...keysOf(
      replicationControllerResource,
      (set) => isReplicationController(set) && matches(selectorOfLabels(set.spec.selector), labels),
    ),
  ];
}

/** The PodDisruptionBudgets that count a pod. */
function budgetKeys(pod: KubeObject, store: ObjectStore): string[] {
  const budgets = budgetsOf(store, pod);
  return budgets.map((object) => keyOf({ resource: disruptionBudgetResource, object }));
}

/** The Service that Endpoints of this name are of: it may have slices that mirror them. */
function sameService({ metadata: { namespace, name } }: KubeObject): string {
  return keyOfName(serviceResource, namespace, name);
}

/** The Services that select a pod or a program outside containers. */
function servicesOf({ metadata }: KubeObject, store: ObjectStore): string[] {
  return store
    .list(serviceResource, metadata.namespace ?? "")
    .items.filter(isService)
    .filter(({ spec }) => matches(selectorOfLabels(spec.selector), metadata.labels))
    .map((object) => keyOf({ resource: serviceResource, object }));
}
