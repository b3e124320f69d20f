/**
 * The HorizontalPodAutoscaler: how large a workload should be by what its pods use. Conditions,
 * reasons and messages are Kubernetes' own.
 *
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ and
 * k8s.io/kubernetes, pkg/controller/podautoscaler/horizontal.go.
 */
import type { KubeObject, Pod } from "@beemesh/model";
import { canonicalJson, collectionOf, type JsonObject } from "@beemesh/wire";
import { type Autoscaler, type AutoscalerMetric, readAutoscaler } from "./autoscaler.ts";
import { AutoscalerReport, metricStatus } from "./autoscaler-report.ts";
import { syncMs } from "./autoscaling.ts";
import { keyOf } from "./census.ts";
import type { ControllersEffect } from "./effect.ts";
import { autoscalerResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { podsOfTarget, rescaling, type ScaleTarget, scaleTargetOf } from "./scale-target.ts";
import { stepOf } from "./scaling-behavior.ts";
import type { ScalingHistory } from "./scaling-history.ts";
import { type Proposal, proposalOf } from "./scaling-metric.ts";
import { fine, isEnding, type Look, puttingStatus, refOf, type View } from "./view.ts";

/**
 * Asks every 15 seconds what the pods use, and gives the workload the size that this asks for.
 * Only the first keeper looks: what it remembers of the last minutes decides as well.
 */
export const lookAtAutoscaler: Look = (object, view) => {
  const autoscaler = readAutoscaler(object);
  const { namespace = "", uid = "" } = object.metadata;
  const { name, group } = autoscalerResource;
  const rank = view.members.rankOf(collectionOf(name, group, namespace));
  if (autoscaler === undefined || isEnding(object) || rank !== 0) return fine;
  const { at } = view.now;
  const { autoscaling } = view;
  const restMs = autoscaling.restMs(uid, at);
  if (restMs > 0) return { actions: [], againInMs: restMs };
  const target = scaleTargetOf(autoscaler, namespace, view);
  const pods = typeof target === "string" ? [] : podsOfTarget(target, view);
  const waitMs = autoscaling.waitMs(uid, at);
  if (waitMs === undefined && hasMachines(pods)) return asking(object, pods, view);
  if (waitMs !== undefined && waitMs > 0) return { actions: [], againInMs: waitMs };
  const key = keyOf({ resource: autoscalerResource, object });
  const history = autoscaling.looked(uid, key, at);
  const sight = { object, autoscaler, pods, history, view };
  return { actions: [looked(sight, target)], againInMs: syncMs };
};

/** What one look goes by. */
interface Sight {
  readonly object: KubeObject;
  readonly autoscaler: Autoscaler;
  readonly pods: readonly Pod[];
  readonly history: ScalingHistory;
  readonly view: View;
}

function hasMachines(pods: readonly Pod[]): boolean {
  return pods.some(({ spec }) => (spec.nodeName ?? "") !== "");
}

function asking(object: KubeObject, pods: readonly Pod[], { autoscaling, now }: View) {
  const { uid = "" } = object.metadata;
  autoscaling.ask(uid, keyOf({ resource: autoscalerResource, object }), now.at);
  const named = pods.map(({ spec }) => spec.nodeName ?? "").filter((machine) => machine !== "");
  const effect = { kind: "measure", uid, machines: [...new Set(named)].toSorted() } as const;
  const action = { id: `measure ${uid} ${now.at}`, effects: [effect] };
  return { actions: [action], againInMs: autoscaling.waitMs(uid, now.at) ?? 0 };
}

/** One look's worth of writes and Events, all at once. */
function looked(sight: Sight, target: ScaleTarget | string): Action {
  const { object, view } = sight;
  const report = new AutoscalerReport(object, view.now.wallMs);
  const { generation } = object.metadata;
  const { effects, told } =
    typeof target === "string" ? unfound(target, report) : judged(sight, target, report);
  const status = report.status({ ...told, generation });
  const isNews = canonicalJson(status) !== canonicalJson(object.status ?? {});
  const written = puttingStatus("", autoscalerResource, { ...object, status });
  return {
    id: `look ${object.metadata.uid} ${view.now.at}`,
    effects: [
      ...effects,
      ...report.events.map(
        (event) => ({ kind: "event", object: refOf(object), ...event }) as const,
      ),
      ...(isNews ? written.effects : []),
    ],
  };
}

/** What a look comes to. */
interface Judgement {
  readonly effects: readonly ControllersEffect[];
  readonly told: Parameters<AutoscalerReport["status"]>[0];
}

function unfound(why: string, report: AutoscalerReport): Judgement {
  const reason = "FailedGetScale";
  const message = `the HPA controller was unable to get the target's current scale: ${why}`;
  report.condition("AbleToScale", "False", { reason, message });
  report.warn(reason, why);
  return { effects: [], told: {} };
}

function judged(sight: Sight, target: ScaleTarget, report: AutoscalerReport): Judgement {
  const { autoscaler, history, view } = sight;
  const { replicas } = target;
  const { at } = view.now;
  report.condition("AbleToScale", "True", {
    reason: "SucceededGetScale",
    message: "the HPA controller was able to get the target's current scale",
  });
  if (history.isEmpty) history.recommend(replicas, at);
  const fixed = fixedSize(autoscaler, replicas);
  if (fixed?.reason === "") {
    const message = "scaling is disabled since the replica count of the target is zero";
    report.condition("ScalingActive", "False", { reason: "ScalingDisabled", message });
    return { effects: [], told: { current: 0, desired: 0 } };
  }
  if (fixed !== undefined) return resized(sight, target, { ...fixed, metrics: [] }, report);
  if (target.selector === undefined) return unselected(replicas, report);
  const wish = wishOf(sight, target, report);
  if (wish.desired === undefined) {
    return { effects: [], told: { current: replicas, metrics: wish.metrics } };
  }
  const { min, max, behavior } = autoscaler;
  const step = stepOf({ replicas, desired: wish.desired, min, max }, behavior, history, at);
  report.condition("AbleToScale", "True", step.stability);
  report.condition("ScalingLimited", step.limit.isLimited ? "True" : "False", step.limit);
  const reason = wish.desired > replicas ? `${wish.by} above target` : "All metrics below target";
  return resized(sight, target, { to: step.replicas, reason, metrics: wish.metrics }, report);
}

/** Without a selector nobody knows whose use counts. */
function unselected(replicas: number, report: AutoscalerReport): Judgement {
  const message = "the HPA target's scale is missing a selector";
  report.condition("ScalingActive", "False", { reason: "InvalidSelector", message });
  report.warn("SelectorRequired", "selector is required");
  return { effects: [], told: { current: replicas, metrics: [] } };
}

/** A size that does not depend on any metric; without a reason if there is none to have. */
function fixedSize(
  { min, max }: Autoscaler,
  replicas: number,
): { readonly to: number; readonly reason: string } | undefined {
  if (replicas === 0 && min !== 0) return { to: 0, reason: "" };
  if (replicas > max) {
    return { to: max, reason: "Current number of replicas above Spec.MaxReplicas" };
  }
  if (replicas < min) {
    return { to: min, reason: "Current number of replicas below Spec.MinReplicas" };
  }
  return undefined;
}

function resized(
  { history, view }: Sight,
  target: ScaleTarget,
  size: { readonly to: number; readonly reason: string; readonly metrics: readonly JsonObject[] },
  report: AutoscalerReport,
): Judgement {
  const { replicas } = target;
  const { to, reason, metrics } = size;
  if (to === replicas) return { effects: [], told: { current: replicas, desired: to, metrics } };
  history.change(to - replicas, view.now.at);
  report.condition("AbleToScale", "True", {
    reason: "SucceededRescale",
    message: `the HPA controller was able to update the target scale to ${to}`,
  });
  report.events.push({
    type: "Normal",
    reason: "SuccessfulRescale",
    message: `New size: ${to}; reason: ${reason}`,
  });
  const { effects } = rescaling(target, to, view);
  return { effects, told: { current: replicas, desired: to, metrics, isRescaled: true } };
}

/** What the metrics ask for together: the most that one of them does. */
interface Wish {
  /** Undefined if it cannot be said, or not safely. */
  readonly desired: number | undefined;
  readonly by: string;
  readonly metrics: readonly JsonObject[];
}

function wishOf(sight: Sight, { replicas }: ScaleTarget, report: AutoscalerReport): Wish {
  const { metrics } = sight.autoscaler;
  let desired: number | undefined;
  let by = "";
  const shown: JsonObject[] = [];
  const failures: MetricFailure[] = [];
  for (const metric of metrics) {
    const proposal = "resource" in metric ? proposed(sight, metric, replicas) : unserved(metric);
    if (!proposal.ok) {
      const failure = failureOf(metric, proposal.message);
      report.warn(failure.reason, failure.told);
      failures.push(failure);
      continue;
    }
    if ("resource" in metric) shown.push(metricStatus(metric, proposal));
    if (desired !== undefined && proposal.replicas <= desired) continue;
    desired = proposal.replicas;
    by = "resource" in metric ? nameOf(metric) : "";
  }
  const [first] = failures;
  const isUnsafe = first !== undefined && (desired === undefined || desired < replicas);
  if (isUnsafe) {
    const { reason, told, whole } = first;
    const message = `the HPA was unable to compute the replica count: ${told}`;
    report.condition("ScalingActive", "False", { reason, message });
    const share = `${failures.length} invalid out of ${metrics.length}`;
    const why = `invalid metrics (${share}), first error is: ${whole}`;
    report.warn("FailedComputeMetricsReplicas", why);
    return { desired: undefined, by, metrics: shown };
  }
  report.condition("ScalingActive", "True", {
    reason: "ValidMetricFound",
    message: `the HPA was able to successfully calculate a replica count from ${by}`,
  });
  return { desired, by, metrics: shown };
}

type MeasuredMetric = Extract<AutoscalerMetric, { readonly resource: string }>;

function proposed({ autoscaler, pods, view }: Sight, metric: MeasuredMetric, replicas: number) {
  const { scaleUp, scaleDown } = autoscaler.behavior;
  const { at, wallMs } = view.now;
  const { resource, container, target } = metric;
  const tolerance = { up: scaleUp.tolerance, down: scaleDown.tolerance };
  const readingOf = (pod: Pod) => view.usage.of(pod, at);
  return proposalOf({ resource, container, pods, readingOf, replicas, wallMs, tolerance }, target);
}

function unserved(metric: Exclude<AutoscalerMetric, MeasuredMetric>): Proposal {
  return { ok: false, message: metric.what };
}

function nameOf({ resource, target }: MeasuredMetric): string {
  const share = " utilization (percentage of request)";
  return `${resource} resource${target.kind === "utilization" ? share : ""}`;
}

/** Why a metric gives no number: for a condition, and for the Event that sums up. */
interface MetricFailure {
  readonly reason: string;
  readonly told: string;
  readonly whole: string;
}

function failureOf(metric: AutoscalerMetric, message: string): MetricFailure {
  const reason = `FailedGet${metric.kind}Metric`;
  if (!("resource" in metric)) {
    const { kind, name } = metric;
    const what = kind === "External" ? `${name} external metric` : `${kind.toLowerCase()} metric`;
    return { reason, told: message, whole: `failed to get ${what} value: ${message}` };
  }
  const { kind, resource, target } = metric;
  const amount = target.kind === "utilization" ? "utilization" : "usage";
  const told = `failed to get ${resource} ${amount}: ${message}`;
  const what = kind === "Resource" ? "resource metric" : "container metric";
  return { reason, told, whole: `failed to get ${resource} ${what} value: ${told}` };
}
