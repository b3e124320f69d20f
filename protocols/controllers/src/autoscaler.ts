import { type KubeObject, parseQuantity } from "@beemesh/model";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import type { ScalingBehavior, ScalingPolicy, ScalingRules } from "./scaling-behavior.ts";
import type { ScalingTarget } from "./scaling-metric.ts";

/** A HorizontalPodAutoscaler, as far as it is acted on. */
export interface Autoscaler {
  readonly target: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly min: number;
  readonly max: number;
  readonly metrics: readonly AutoscalerMetric[];
  readonly behavior: ScalingBehavior;
}

/** What an autoscaler looks at. */
export type AutoscalerMetric =
  | {
      readonly kind: "Resource" | "ContainerResource";
      readonly resource: string;
      /** Empty for whole pods. */
      readonly container: string;
      readonly target: ScalingTarget;
    }
  /** What nobody in the mesh measures; `what` names it as Kubernetes' errors do. */
  | { readonly kind: "Pods" | "Object" | "External"; readonly name: string; readonly what: string };

/** A use that is off by less than a tenth is left alone, as in Kubernetes. */
const toleranceDefault = 0.1;

/** How long the highest recommendation counts when a workload shrinks, as in Kubernetes. */
const downWindowSeconds = 300;

const upPolicies: readonly ScalingPolicy[] = [
  { type: "Pods", value: 4, periodSeconds: 15 },
  { type: "Percent", value: 100, periodSeconds: 15 },
];
const downPolicies: readonly ScalingPolicy[] = [{ type: "Percent", value: 100, periodSeconds: 15 }];

/** Reads an autoscaler; undefined if a member signed one that says nothing. */
export function readAutoscaler({ spec, metadata }: KubeObject): Autoscaler | undefined {
  if (!isJsonObject(spec)) return undefined;
  const { scaleTargetRef, minReplicas = 1, maxReplicas, metrics, behavior } = spec;
  if (!isJsonObject(scaleTargetRef) || typeof maxReplicas !== "number") return undefined;
  const { namespace = "" } = metadata;
  const rules = isJsonObject(behavior) ? behavior : {};
  return {
    target: {
      apiVersion: textOf(scaleTargetRef["apiVersion"]),
      kind: textOf(scaleTargetRef["kind"]),
      name: textOf(scaleTargetRef["name"]),
    },
    min: typeof minReplicas === "number" ? minReplicas : 1,
    max: maxReplicas,
    metrics: objectsOf(metrics).map((metric) => metricOf(metric, namespace)),
    behavior: {
      scaleUp: rulesOf(rules["scaleUp"], { policies: upPolicies, windowSeconds: 0 }),
      scaleDown: rulesOf(rules["scaleDown"], {
        policies: downPolicies,
        windowSeconds: downWindowSeconds,
      }),
    },
  };
}

function metricOf(metric: JsonObject, namespace: string): AutoscalerMetric {
  const { type } = metric;
  if (type === "Resource") return measured("Resource", objectOf(metric["resource"]));
  if (type === "ContainerResource") {
    return measured("ContainerResource", objectOf(metric["containerResource"]));
  }
  if (type === "Object") return ofObject(objectOf(metric["object"]), namespace);
  if (type === "External") return outside(objectOf(metric["external"]), namespace);
  const name = nameIn(objectOf(metric["pods"]));
  return { kind: "Pods", name, what: `unable to get metric ${name}: ${noCustomMetrics}` };
}

function measured(kind: "Resource" | "ContainerResource", source: JsonObject): AutoscalerMetric {
  const { averageUtilization, averageValue } = objectOf(source["target"]);
  const amount = parseQuantity(averageValue);
  const target: ScalingTarget =
    amount === undefined
      ? { kind: "utilization", percent: Number(averageUtilization ?? 100) }
      : { kind: "average", millis: Math.max(1, Number(amount.nano / 1_000_000n)) };
  return { kind, resource: textOf(source["name"]), container: textOf(source["container"]), target };
}

/** Kubernetes' words where no adapter serves custom metrics. */
const noCustomMetrics = [
  "unable to fetch metrics from custom metrics API",
  "no custom metrics API (custom.metrics.k8s.io) registered",
].join(": ");

function ofObject(source: JsonObject, namespace: string): AutoscalerMetric {
  const { kind, name: whose } = objectOf(source["describedObject"]);
  const name = nameIn(source);
  const object = `${textOf(kind)} on ${namespace} ${textOf(whose)}`;
  const what = `unable to get metric ${name}: ${object}/${noCustomMetrics}`;
  return { kind: "Object", name, what };
}

function outside(source: JsonObject, namespace: string): AutoscalerMetric {
  const name = nameIn(source);
  const selector = objectOf(source["metric"])["selector"];
  const which = selector === undefined ? "nil" : canonicalJson(selector);
  const what = [
    `unable to get external metric ${namespace}/${name}/${which}`,
    "unable to fetch metrics from external metrics API",
    `the server could not find the requested resource (get ${name}.external.metrics.k8s.io)`,
  ].join(": ");
  return { kind: "External", name, what };
}

function nameIn(source: JsonObject): string {
  return textOf(objectOf(source["metric"])["name"]);
}

function rulesOf(
  json: Json | undefined,
  defaults: { readonly policies: readonly ScalingPolicy[]; readonly windowSeconds: number },
): ScalingRules {
  const rules = objectOf(json);
  const { selectPolicy, stabilizationWindowSeconds: window } = rules;
  const policies = objectsOf(rules["policies"]).map(policyOf);
  const tolerance = parseQuantity(rules["tolerance"]);
  return {
    stabilizationWindowSeconds: typeof window === "number" ? window : defaults.windowSeconds,
    selectPolicy: selectPolicy === "Min" || selectPolicy === "Disabled" ? selectPolicy : "Max",
    policies: policies.length === 0 ? defaults.policies : policies,
    tolerance: tolerance === undefined ? toleranceDefault : Number(tolerance.nano) / 1e9,
  };
}

function policyOf({ type, value, periodSeconds }: JsonObject): ScalingPolicy {
  return {
    type: type === "Percent" ? "Percent" : "Pods",
    value: Number(value ?? 0),
    periodSeconds: Number(periodSeconds ?? 0),
  };
}

function objectsOf(json: Json | undefined): readonly JsonObject[] {
  return Array.isArray(json) ? json.filter((each) => isJsonObject(each)) : [];
}

function objectOf(json: Json | undefined): JsonObject {
  return isJsonObject(json) ? json : {};
}

function textOf(json: Json | undefined): string {
  return typeof json === "string" ? json : "";
}
