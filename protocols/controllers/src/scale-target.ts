/** What an autoscaler scales: a workload with a number of replicas, and the pods of it. */
import { formatManagers, readManagers, trackUpdate } from "@beemesh/apply";
import {
  apiVersionOf,
  isPod,
  isReplicationController,
  type KubeObject,
  matches,
  type Pod,
  type Resource,
  resourceOfKind,
  selectorOf,
  selectorOfLabels,
  shapeOf,
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
}

/** The workload that an autoscaler names; or why there is none, in Kubernetes' words. */
export function scaleTargetOf(
  { target }: Autoscaler,
  namespace: string,
  { store }: View,
): ScaleTarget | string {
  const { apiVersion, kind, name } = target;
  const resource = resourceOfKind(apiVersion, kind);
  if (resource?.hasScale !== true) {
    const [group = ""] = apiVersion.includes("/") ? apiVersion.split("/") : [""];
    return `no matches for kind "${kind}" in group "${group}"`;
  }
  const object = store.get(resource, namespace, name);
  if (object === undefined) {
    const type = `${resource.name}/scale`;
    return `${resource.group === "" ? type : `${type}.${resource.group}`} "${name}" not found`;
  }
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const { replicas = 1 } = spec;
  return { resource, object, replicas: typeof replicas === "number" ? replicas : 1 };
}

/** The pods that the workload selects. */
export function podsOfTarget({ object }: ScaleTarget, { store }: View): readonly Pod[] {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const selector = isReplicationController(object)
    ? selectorOfLabels(object.spec.selector)
    : selectorOf(isJsonObject(spec["selector"]) ? spec["selector"] : undefined);
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
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const { generation = 1 } = object.metadata;
  const scaled = {
    ...object,
    metadata: { ...object.metadata, generation: generation + 1 },
    spec: { ...spec, replicas },
  };
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
  const metadata = managers.length === 0 ? scaled.metadata : { ...scaled.metadata, managedFields };
  const id = `scale ${object.metadata.uid} to ${replicas}`;
  return putting(id, resource, { ...scaled, metadata });
}

function withoutAccount(object: KubeObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const json: unknown = { ...object, metadata };
  return isJsonObject(json) ? json : {};
}
