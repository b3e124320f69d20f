/**
 * The resource metrics API: what machines and pods used lately, as `kubectl top` shows it.
 *
 * Source: https://kubernetes.io/docs/tasks/debug/debug-cluster/resource-metrics-pipeline/ and
 * k8s.io/metrics, pkg/apis/metrics/v1beta1/types.go.
 */
import { findResource, type KubeObject } from "@beemesh/model";
import type { ApiReply, ContainerUsage, MachineUsage } from "@beemesh/ports";
import type { Call } from "./call.ts";
import { textAt } from "./field.ts";
import { listOptionsOf } from "./list-options.ts";
import { formatOf, renderList, renderObject } from "./rendition.ts";
import { methodNotAllowed, notFound, replyWith } from "./status.ts";
import { formatTimestamp } from "./timestamp.ts";

/** Answers a request for NodeMetrics or PodMetrics. */
export function answerMetrics(call: Call): ApiReply {
  const { info, request, now } = call;
  const { resource, verb, name, subresource } = info;
  if (subresource !== "" || !resource.verbs.includes(verb)) return replyWith(methodNotAllowed());
  const options = listOptionsOf(request, { resource, name: "" }, "list");
  if (!options.ok) return replyWith(options.status);
  const measured = measuredOf(call).filter(({ source }) => options.value.selects(source));
  const format = formatOf(request, verb === "get" ? "object" : "list");
  if (!format.ok) return replyWith(format.status);
  const rendering = { format: format.value, resource, nowMs: now.wallMs };
  if (verb === "list") {
    const items = measured.map(({ metrics }) => metrics);
    return { kind: "json", status: 200, body: renderList(items, {}, rendering) };
  }
  const found = measured.find(({ source }) => source.metadata.name === name);
  if (found === undefined) return replyWith(notFound(resource, name));
  return { kind: "json", status: 200, body: renderObject(found.metrics, rendering) };
}

/** An object, and what was measured of it. */
interface Measured {
  readonly source: KubeObject;
  readonly metrics: KubeObject;
}

function measuredOf(call: Call): readonly Measured[] {
  const { info, context } = call;
  const usages = new Map(context.usage().map((usage) => [usage.machine, usage]));
  const sources = findResource("", info.resource.name);
  if (sources === undefined) return [];
  const { items } = context.store.list(sources, info.namespace || undefined);
  const measure = info.resource.name === "nodes" ? nodeMetrics : podMetrics;
  return items.flatMap((source) => {
    const metrics = measure(source, usages);
    return metrics === undefined ? [] : [{ source, metrics }];
  });
}

type Usages = ReadonlyMap<string, MachineUsage>;

function nodeMetrics(node: KubeObject, usages: Usages): KubeObject | undefined {
  const usage = usages.get(node.metadata.name);
  return usage && { ...metricsObject("NodeMetrics", node, usage), usage: amountsOf(usage) };
}

/** Only the machine that a pod's record names is believed about it. */
function podMetrics(pod: KubeObject, usages: Usages): KubeObject | undefined {
  const usage = usages.get(textAt(pod, "spec", "nodeName"));
  const used = usage?.pods.find(({ uid }) => uid === pod.metadata.uid);
  if (usage === undefined || used === undefined) return undefined;
  const containers = used.containers.map((container) => ({
    name: container.name,
    usage: amountsOf(container),
  }));
  return { ...metricsObject("PodMetrics", pod, usage), containers };
}

function metricsObject(
  kind: string,
  { metadata }: KubeObject,
  { wallMs, windowMs }: MachineUsage,
): KubeObject {
  const { name, namespace, labels } = metadata;
  const timestamp = formatTimestamp(wallMs);
  return {
    kind,
    apiVersion: "metrics.k8s.io/v1beta1",
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(labels !== undefined && { labels }),
      creationTimestamp: timestamp,
    },
    timestamp,
    window: `${windowMs / 1000}s`,
  };
}

function amountsOf({ cpuNanocores, memoryBytes }: Omit<ContainerUsage, "name">): object {
  return { cpu: `${cpuNanocores}n`, memory: `${Math.ceil(memoryBytes / 1024)}Ki` };
}
