/**
 * Rules for what controls workloads beside Deployments and Jobs: StatefulSets, DaemonSets,
 * ReplicationControllers, autoscalers, disruption budgets, priorities, leases.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/
 */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid, notSupported, required } from "./cause.ts";
import { matches, selectorOf } from "./label-selector.ts";
import { isSet, listAt, numberAt, objectAt, textAt, textOf } from "./members.ts";
import { labelCauses } from "./meta-rules.ts";
import type { Rules } from "./rule.ts";
import { labelsAt, templateCauses } from "./workload-rules.ts";

/** Kubernetes keeps higher priorities for itself. */
const userPriorityMax = 1_000_000_000;

/** Rules by type. */
export const controlRules: Rules = {
  "apps.v1.StatefulSetSpec": (spec, path) => [
    ...templateCauses(spec, path, "statefulset"),
    ...statefulStrategyCauses(spec, `${path}.updateStrategy`),
  ],
  "apps.v1.DaemonSetSpec": (spec, path) => templateCauses(spec, path, "daemonset"),
  "apps.v1.RollingUpdateDaemonSet": daemonStrategyCauses,
  "apps.v1.ControllerRevision": (revision) =>
    isSet(revision["data"]) ? [] : [required("data", "data is mandatory")],
  "core.v1.ReplicationControllerSpec": replicationCauses,
  "autoscaling.v2.HorizontalPodAutoscalerSpec": replicaCauses,
  "autoscaling.v2.MetricSpec": metricCauses,
  "autoscaling.v2.HPAScalingRules": (rules, path) =>
    isSet(rules["policies"]) && listAt(rules, "policies").length === 0
      ? [required(`${path}.policies`, "must specify at least one Policy")]
      : [],
  "policy.v1.PodDisruptionBudgetSpec": budgetCauses,
  "scheduling.v1.PriorityClass": priorityCauses,
};

function statefulStrategyCauses(spec: JsonObject, field: string): readonly Cause[] {
  const type = textAt(spec, "updateStrategy", "type");
  const rolling = objectAt(spec, "updateStrategy", "rollingUpdate");
  if (!["", "RollingUpdate", "OnDelete"].includes(type)) {
    return [invalid(`${field}.type`, type, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  if (type !== "OnDelete" || rolling === undefined) return [];
  const rule = "only allowed for updateStrategy 'RollingUpdate'";
  return [invalid(`${field}.rollingUpdate`, rolling, rule)];
}

function daemonStrategyCauses(rolling: JsonObject, path: string): readonly Cause[] {
  const [unavailable, surge] = [rolling["maxUnavailable"], rolling["maxSurge"]].map(
    (value) => value !== 0 && value !== "0%",
  );
  if (!unavailable && !surge) {
    return [required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0")];
  }
  const rule = "may not be set when maxUnavailable is non-zero";
  return unavailable && surge ? [invalid(`${path}.maxSurge`, rolling["maxSurge"], rule)] : [];
}

function replicationCauses(spec: JsonObject, path: string): readonly Cause[] {
  const matchLabels = labelsAt(spec, "selector");
  const template = objectAt(spec, "template");
  const labels = labelsAt(template, "metadata", "labels");
  const policy = textAt(template, "spec", "restartPolicy");
  const isMatching = matches(selectorOf({ matchLabels }), labels);
  return [
    ...(Object.keys(matchLabels).length === 0 ? [required(`${path}.selector`)] : []),
    ...labelCauses(spec["selector"], `${path}.selector`),
    ...(template === undefined ? [required(`${path}.template`)] : []),
    ...(template === undefined || isMatching
      ? []
      : [invalid(`${path}.template.metadata.labels`, labels, unmatchedRule)]),
    ...(["", "Always"].includes(policy)
      ? []
      : [notSupported(`${path}.template.spec.restartPolicy`, policy, ["Always"])]),
  ];
}

const unmatchedRule = "`selector` does not match template `labels`";

function replicaCauses(spec: JsonObject, path: string): readonly Cause[] {
  const min = numberAt(spec, "minReplicas");
  const max = numberAt(spec, "maxReplicas");
  if (min === undefined || max === undefined || max >= min) return [];
  const rule = "must be greater than or equal to `minReplicas`";
  return [invalid(`${path}.maxReplicas`, max, rule)];
}

const metricSources = ["object", "pods", "resource", "containerResource", "external"];

function metricCauses(metric: JsonObject, path: string): readonly Cause[] {
  const type = textAt(metric, "type");
  const expected = `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`;
  if (type === "") return [required(`${path}.type`, "must specify a metric source type")];
  // Which types there are is said by the enumeration.
  if (!metricSources.includes(expected)) return [];
  const others = metricSources.filter((name) => name !== expected && isSet(metric[name]));
  return [
    ...(isSet(metric[expected])
      ? []
      : [required(`${path}.${expected}`, "must populate information for the given metric source")]),
    ...others.map((name) =>
      forbidden(`${path}.${name}`, "must populate the given metric source only"),
    ),
  ];
}

function budgetCauses(spec: JsonObject, path: string): readonly Cause[] {
  if (isSet(spec["minAvailable"]) && isSet(spec["maxUnavailable"])) {
    return [invalid(path, spec, "minAvailable and maxUnavailable cannot be both set")];
  }
  return ["minAvailable", "maxUnavailable"].flatMap((member) => {
    const share = Number(/^(\d+)%$/u.exec(textOf(spec[member]))?.[1] ?? 0);
    const rule = "must not be greater than 100%";
    return share > 100 ? [invalid(`${path}.${member}`, spec[member], rule)] : [];
  });
}

const systemPriorities: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

function priorityCauses(priority: JsonObject): readonly Cause[] {
  const name = textAt(priority, "metadata", "name");
  const value = numberAt(priority, "value") ?? 0;
  if (name.startsWith("system-")) {
    if (systemPriorities[name] === value) return [];
    const rule = "priority class names with 'system-' prefix are reserved for system use only";
    return [forbidden("metadata.name", rule)];
  }
  const rule = `maximum allowed value of a user defined priority is ${userPriorityMax}`;
  return value > userPriorityMax ? [forbidden("value", rule)] : [];
}
