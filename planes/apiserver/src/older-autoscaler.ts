/**
 * HorizontalPodAutoscalers as autoscaling/v1 has them: another view of the objects of v2, for
 * `kubectl autoscale` up to 1.32 speaks no other. What v1 cannot say (metrics beside CPU, the
 * behaviour) stands in annotations meanwhile, so that nothing is lost when an object comes back.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
 * horizontal-pod-autoscaler-v1/
 */
import { findResource } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";
import { memberOf, type SecondView } from "./second-view.ts";

const group = "autoscaling";
const plural = "horizontalpodautoscalers";
const [older, newer] = [`${group}/v1`, `${group}/v2`];

const metricsNote = "autoscaling.alpha.kubernetes.io/metrics";
const behaviorNote = "autoscaling.alpha.kubernetes.io/behavior";

const kept = findResource(group, plural);

/** The view. */
export const olderAutoscalers: readonly SecondView[] =
  kept === undefined
    ? []
    : [{ resource: { ...kept, version: "v1" }, kept, toKept: toNewer, toShown: toOlder }];

function isCpu(metric: Json): boolean {
  const resource = memberOf(metric, "resource");
  return (
    resource?.["name"] === "cpu" &&
    memberOf(resource, "target")?.["averageUtilization"] !== undefined
  );
}

function toOlder(object: JsonObject): JsonObject {
  const { metrics, behavior, ...spec } = memberOf(object, "spec") ?? {};
  const list = Array.isArray(metrics) ? metrics : [];
  const others = list.filter((metric) => !isCpu(metric));
  const cpu = memberOf(memberOf(list.find(isCpu), "resource"), "target")?.["averageUtilization"];
  const notes = {
    ...(others.length === 0 ? {} : { [metricsNote]: JSON.stringify(others) }),
    ...(behavior === undefined ? {} : { [behaviorNote]: JSON.stringify(behavior) }),
  };
  const metadata = memberOf(object, "metadata") ?? {};
  const annotations = { ...memberOf(metadata, "annotations"), ...notes };
  return {
    ...object,
    apiVersion: older,
    metadata: Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations },
    spec: { ...spec, ...(cpu === undefined ? {} : { targetCPUUtilizationPercentage: cpu }) },
    ...(object["status"] === undefined ? {} : { status: olderStatus(object) }),
  };
}

function olderStatus(object: JsonObject): JsonObject {
  const { currentMetrics, conditions: _, ...status } = memberOf(object, "status") ?? {};
  const cpu = (Array.isArray(currentMetrics) ? currentMetrics : [])
    .map((metric) => memberOf(metric, "resource"))
    .find((resource) => resource?.["name"] === "cpu");
  const share = memberOf(cpu, "current")?.["averageUtilization"];
  return share === undefined ? status : { ...status, currentCPUUtilizationPercentage: share };
}

/** An object, or a patch that is shaped like one. */
function toNewer(object: JsonObject): JsonObject {
  const metadata = memberOf(object, "metadata");
  const {
    [metricsNote]: metrics,
    [behaviorNote]: behavior,
    ...notes
  } = memberOf(metadata, "annotations") ?? {};
  const spec = memberOf(object, "spec");
  const hasNotes = metadata !== undefined && isJsonObject(metadata["annotations"]);
  return {
    ...object,
    ...(object["apiVersion"] === older ? { apiVersion: newer } : {}),
    ...(hasNotes ? { metadata: { ...metadata, annotations: notes } } : {}),
    ...(spec === undefined ? {} : { spec: newerSpec(spec, noted(metrics), noted(behavior)) }),
  };
}

/** What an annotation of the view holds. */
function noted(text: Json | undefined): Json | undefined {
  return typeof text === "string" ? parseJson(text) : undefined;
}

function newerSpec(
  spec: JsonObject,
  metrics: Json | undefined,
  behavior: Json | undefined,
): JsonObject {
  const { targetCPUUtilizationPercentage: share, ...rest } = spec;
  const target = { type: "Utilization", averageUtilization: share ?? null };
  const cpu =
    typeof share === "number" ? [{ type: "Resource", resource: { name: "cpu", target } }] : [];
  const all = [...cpu, ...(Array.isArray(metrics) ? metrics : [])];
  return {
    ...rest,
    ...(all.length === 0 ? {} : { metrics: all }),
    ...(behavior === undefined ? {} : { behavior }),
  };
}
