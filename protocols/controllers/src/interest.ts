import {
  isReplicaSet,
  isReplicationController,
  type KubeObject,
  matches,
  selectorOf,
  selectorOfLabels,
} from "@beemesh/model";
import type { Change, ObjectStore } from "@beemesh/ports";
import { type Census, keyOf, keyOfName } from "./census.ts";
import { waitingDefinition } from "./definitions.ts";
import {
  daemonSetResource,
  externalWorkloadResource,
  namespaceResource,
  nodeResource,
  podResource,
  replicaSetResource,
  replicationControllerResource,
  serviceResource,
} from "./kinds.ts";
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
    ...owned.map((entry) => keyOf(entry)),
    ...endingHome(object, store),
    ...waitingDefinition(resource, store),
    ...(resource === nodeResource ? daemonSets(change, store) : []),
  ]);
}

/** What a Node says of itself changes often; what decides who runs there seldom. */
function daemonSets({ object, before, kind }: Change, store: ObjectStore): string[] {
  const facts = ({ metadata, spec }: KubeObject): string => JSON.stringify([metadata.labels, spec]);
  if (kind === "modified" && before !== undefined && facts(before) === facts(object)) return [];
  return store
    .list(daemonSetResource)
    .items.map((set) => keyOf({ resource: daemonSetResource, object: set }));
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

/** The Services that select a pod, and for one without a controller the ReplicaSets that might. */
function selectorsOf(pod: KubeObject, store: ObjectStore): string[] {
  const { namespace = "", labels } = pod.metadata;
  const services = servicesOf(pod, store);
  if (controllerOf(pod) !== undefined) return services;
  const sets = store
    .list(replicaSetResource, namespace)
    .items.filter(isReplicaSet)
    .filter(({ spec }) => matches(selectorOf(spec.selector), labels))
    .map((object) => keyOf({ resource: replicaSetResource, object }));
  const older = store
    .list(replicationControllerResource, namespace)
    .items.filter(isReplicationController)
    .filter(({ spec }) => matches(selectorOfLabels(spec.selector), labels))
    .map((object) => keyOf({ resource: replicationControllerResource, object }));
  return [...services, ...sets, ...older];
}

/** The Services that select a pod or a program outside containers. */
function servicesOf({ metadata }: KubeObject, store: ObjectStore): string[] {
  return store
    .list(serviceResource, metadata.namespace ?? "")
    .items.filter(isService)
    .filter(({ spec }) => matches(selectorOfLabels(spec.selector), metadata.labels))
    .map((object) => keyOf({ resource: serviceResource, object }));
}
