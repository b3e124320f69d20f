/** What an autoscaler scales: a workload with a number of replicas, and the pods of it. */
import { formatManagers, readManagers, trackUpdate } from "@beemesh/apply";
import {
  apiVersionOf,
  isPod,
  isReplicationController,
  type KubeObject,
  matches,
  type Pod,
  parseLabelSelector,
  type Resource,
  type Selector,
  scalePathsOf,
  selectorOf,
  selectorOfLabels,
  shapeOf,
  withReplicas,
} from "@beemesh/model";
import { isJsonObject, type JsonObject } from "@beemesh/wire";
import type { Autoscaler } from "./autoscaler.ts";
import { podResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { timestampOf } from "./timestamp.ts";
import { putting, type View } from "./view.ts";

export interface ScaleTarget {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly replicas: number;
  /** Which pods are its own; undefined if a custom resource does not say. */
  readonly selector: Selector | undefined;
}

/** The workload that an autoscaler names; or why there is none, in Kubernetes' words. */
export function scaleTargetOf(
  { target }: Autoscaler,
  namespace: string,
  { store }: View,
): ScaleTarget | string {
  const { apiVersion, kind, name } = target;
  const resource = store.resources.exactly(apiVersion, kind);
  if (resource?.hasScale !== true) {
    const [group = ""] = apiVersion.includes("/") ? apiVersion.split("/") : [""];
    return `no matches for kind "${kind}" in group "${group}"`;
  }
  const object = store.get(resource, namespace, name);
  if (object === undefined) {
    const type = `${resource.name}/scale`;
    return `${resource.group === "" ? type : `${type}.${resource.group}`} "${name}" not found`;
  }
  const replicas = at(object, scalePathsOf(resource).wanted);
  // A custom resource that names no number wants none; the API's own want one.
  const unsaid = resource.custom === undefined ? 1 : 0;
  return {
    resource,
    object,
    replicas: typeof replicas === "number" ? replicas : unsaid,
    selector: selectorIn(object, resource),
  };
}

function selectorIn(object: KubeObject, resource: Resource): Selector | undefined {
  const place = scalePathsOf(resource).selector;
  if (place !== undefined) {
    const text = at(object, place);
    const read = typeof text === "string" && text !== "" ? parseLabelSelector(text) : undefined;
    return read?.ok === true ? read.selector : undefined;
  }
  if (isReplicationController(object)) return selectorOfLabels(object.spec.selector);
  const selector = at(object, ["spec", "selector"]);
  return selectorOf(isJsonObject(selector) ? selector : undefined);
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const member of path) found = isJsonObject(found) ? found[member] : undefined;
  return found;
}

/** The pods that the workload selects. */
export function podsOfTarget({ object, selector }: ScaleTarget, { store }: View): readonly Pod[] {
  if (selector === undefined) return [];
  const { items } = store.list(podResource, object.metadata.namespace ?? "");
  return items.filter(isPod).filter(({ metadata }) => matches(selector, metadata.labels));
}

/**
 * The write that gives the workload another size. The field is the autoscaler's from then on, and
 * the account says so: who applies another number is told of the conflict. Kubernetes' own
 * controller writes through the subresource, under this name.
 */
export function rescaling(
  { resource, object }: ScaleTarget,
  replicas: number,
  { now }: View,
): Action {
  const { generation = 1 } = object.metadata;
  const metadata = { ...object.metadata, generation: generation + 1 };
  const scaled = withReplicas({ ...object, metadata }, scalePathsOf(resource), replicas);
  const read = readManagers(object.metadata.managedFields);
  const managers = trackUpdate(
    {
      shape: shapeOf(resource),
      before: withoutAccount(object),
      managers: read.ok ? read.managers : [],
      writer: {
        manager: "kube-controller-manager",
        apiVersion: apiVersionOf(resource),
        subresource: "scale",
        time: timestampOf(now.wallMs),
      },
      concerns: (member) => member !== "status",
    },
    withoutAccount(scaled),
  );
  const managedFields = formatManagers(managers);
  const told = managers.length === 0 ? metadata : { ...metadata, managedFields };
  const id = `scale ${object.metadata.uid} to ${replicas}`;
  return putting(id, resource, { ...scaled, metadata: told });
}

function withoutAccount(object: KubeObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const json: unknown = { ...object, metadata };
  return isJsonObject(json) ? json : {};
}
