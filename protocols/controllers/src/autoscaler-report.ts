import { type Condition, formatQuantity, type KubeObject } from "@beemesh/model";
import { isJsonObject, type JsonObject } from "@beemesh/wire";
import type { AutoscalerMetric } from "./autoscaler.ts";
import type { Proposal } from "./scaling-metric.ts";
import { timestampOf } from "./timestamp.ts";

type ConditionType = "AbleToScale" | "ScalingActive" | "ScalingLimited";

/** What is told of one look at an autoscaler: its status and its Events. */
export class AutoscalerReport {
  readonly events: {
    readonly type: "Normal" | "Warning";
    readonly reason: string;
    readonly message: string;
  }[] = [];
  readonly #status: JsonObject;
  readonly #moment: string;
  #conditions: JsonObject[];

  constructor({ status }: KubeObject, wallMs: number) {
    this.#status = isJsonObject(status) ? status : {};
    this.#moment = timestampOf(wallMs);
    const { conditions } = this.#status;
    this.#conditions = Array.isArray(conditions)
      ? conditions.filter((each) => isJsonObject(each))
      : [];
  }

  /** A condition keeps its time while its status stays, and its place. */
  condition(
    type: ConditionType,
    status: Condition["status"],
    { reason, message }: { readonly reason: string; readonly message: string },
  ): void {
    const before = this.#conditions.find((each) => each["type"] === type);
    const since = before?.["status"] === status ? before["lastTransitionTime"] : undefined;
    const next = { type, status, lastTransitionTime: since ?? this.#moment, reason, message };
    this.#conditions =
      before === undefined
        ? [...this.#conditions, next]
        : this.#conditions.map((each) => (each === before ? next : each));
  }

  warn(reason: string, message: string): void {
    this.events.push({ type: "Warning", reason, message });
  }

  /** The status as it is now; what is not given stays as it was. */
  status(told: {
    readonly current?: number;
    readonly desired?: number;
    readonly metrics?: readonly JsonObject[];
    readonly isRescaled?: boolean;
    readonly generation?: number | undefined;
  }): JsonObject {
    const { current, desired, generation, isRescaled, metrics } = told;
    const { currentMetrics: _, ...before } = this.#status;
    const shown = metrics ?? this.#status["currentMetrics"];
    return {
      ...before,
      desiredReplicas: desired ?? before["desiredReplicas"] ?? 0,
      ...(current !== undefined && { currentReplicas: current }),
      ...(generation !== undefined && { observedGeneration: generation }),
      ...(isRescaled === true && { lastScaleTime: this.#moment }),
      ...(Array.isArray(shown) && shown.length > 0 && { currentMetrics: shown }),
      conditions: this.#conditions,
    };
  }
}

/** What the status shows of a metric that could be measured. */
export function metricStatus(
  metric: Extract<AutoscalerMetric, { readonly resource: string }>,
  { averageMillis, utilization }: Extract<Proposal, { readonly ok: true }>,
): JsonObject {
  const { container, kind, resource: name } = metric;
  const nano = BigInt(averageMillis) * 1_000_000n;
  const current = {
    averageValue: formatQuantity({ nano, form: "decimal" }),
    ...(utilization !== undefined && { averageUtilization: utilization }),
  };
  return kind === "Resource"
    ? { type: kind, resource: { name, current } }
    : { type: kind, containerResource: { name, container, current } };
}
