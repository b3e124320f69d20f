/** Rows of what bounds, ranks, scales and counts what runs. */
import {
  ageColumn,
  column,
  integerColumn,
  nameColumn,
  nameOf,
  objectAge,
  wideColumn,
} from "./cell.ts";
import type { Printer } from "./column.ts";
import { fieldAt, listAt, numberAt, textAt, textsAt } from "./field.ts";

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printResourceQuota. */
export const quotaPrinter: Printer = {
  columns: [
    nameColumn,
    column("Request", "What requests have used, of what they may."),
    column("Limit", "What limits have used, of what they may."),
    ageColumn,
  ],
  cells: (quota, nowMs) => [
    nameOf(quota),
    usageOf(quota, (resource) => !resource.startsWith("limits.")),
    usageOf(quota, (resource) => resource.startsWith("limits.")),
    objectAge(quota, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printPodDisruptionBudget. */
export const budgetPrinter: Printer = {
  columns: [
    nameColumn,
    column("Min Available", "Pods that must stay."),
    column("Max Unavailable", "Pods that may be gone."),
    integerColumn("Allowed Disruptions", "Pods that may go now."),
    ageColumn,
  ],
  cells: (budget, nowMs) => [
    nameOf(budget),
    numberOrTextAt(budget, "minAvailable"),
    numberOrTextAt(budget, "maxUnavailable"),
    numberAt(budget, "status", "disruptionsAllowed"),
    objectAge(budget, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printPriorityClass. */
export const priorityClassPrinter: Printer = {
  columns: [
    nameColumn,
    integerColumn("Value", "The priority of its pods."),
    column("Global-Default", "Whether it is that of pods that name none."),
    ageColumn,
    column("PreemptionPolicy", "Whether its pods take the place of others."),
  ],
  cells: (priorityClass, nowMs) => [
    nameOf(priorityClass),
    numberAt(priorityClass, "value"),
    String(fieldAt(priorityClass, "globalDefault") === true),
    objectAge(priorityClass, nowMs),
    textAt(priorityClass, "preemptionPolicy"),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printRuntimeClass. */
export const runtimeClassPrinter: Printer = {
  columns: [nameColumn, column("Handler", "What runs its pods."), ageColumn],
  cells: (runtimeClass, nowMs) => [
    nameOf(runtimeClass),
    textAt(runtimeClass, "handler"),
    objectAge(runtimeClass, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printLease. */
export const leasePrinter: Printer = {
  columns: [nameColumn, column("Holder", "Who has it."), ageColumn],
  cells: (lease, nowMs) => [
    nameOf(lease),
    textAt(lease, "spec", "holderIdentity"),
    objectAge(lease, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printIPAddress. */
export const addressPrinter: Printer = {
  columns: [nameColumn, column("ParentRef", "What has the address."), ageColumn],
  cells: (address, nowMs) => [nameOf(address), parentOf(address), objectAge(address, nowMs)],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printServiceCIDR. */
export const serviceRangePrinter: Printer = {
  columns: [nameColumn, column("CIDRs", "Addresses that services get."), ageColumn],
  cells: (range, nowMs) => [
    nameOf(range),
    listAt(range, "spec", "cidrs").map(String).join(","),
    objectAge(range, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printFlowSchema. */
export const flowSchemaPrinter: Printer = {
  columns: [
    nameColumn,
    column("PriorityLevel", "Priority level of its requests."),
    integerColumn("MatchingPrecedence", "Lower ones are asked first."),
    column("DistinguisherMethod", "How its requests become flows."),
    ageColumn,
    column("MissingPL", "Whether its priority level is missing."),
  ],
  cells: (schema, nowMs) => [
    nameOf(schema),
    textAt(schema, "spec", "priorityLevelConfiguration", "name"),
    numberAt(schema, "spec", "matchingPrecedence"),
    textAt(schema, "spec", "distinguisherMethod", "type") || "<none>",
    objectAge(schema, nowMs),
    danglingOf(schema),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printPriorityLevelConfiguration. */
export const priorityLevelPrinter: Printer = {
  columns: [
    nameColumn,
    column("Type", "Whether it is limited."),
    column("NominalConcurrencyShares", "Its share of what is served at once."),
    column("Queues", "Queues that requests wait in."),
    column("HandSize", "Queues that one flow may use."),
    column("QueueLengthLimit", "Requests that wait in one queue."),
    ageColumn,
  ],
  cells: (level, nowMs) => {
    const queuing = fieldAt(level, "spec", "limited", "limitResponse", "queuing");
    const shares =
      fieldAt(level, "spec", "limited", "nominalConcurrencyShares") ??
      fieldAt(level, "spec", "exempt", "nominalConcurrencyShares");
    return [
      nameOf(level),
      textAt(level, "spec", "type"),
      countText(shares),
      countText(fieldAt(queuing, "queues")),
      countText(fieldAt(queuing, "handSize")),
      countText(fieldAt(queuing, "queueLengthLimit")),
      objectAge(level, nowMs),
    ];
  },
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printHorizontalPodAutoscaler. */
export const autoscalerPrinter: Printer = {
  columns: [
    nameColumn,
    column("Reference", "What it scales."),
    column("Targets", "What its metrics are, of what they shall be."),
    column("MinPods", "The fewest replicas."),
    integerColumn("MaxPods", "The most replicas."),
    integerColumn("Replicas", "Replicas that there are."),
    ageColumn,
  ],
  cells: (autoscaler, nowMs) => {
    const target = fieldAt(autoscaler, "spec", "scaleTargetRef");
    return [
      nameOf(autoscaler),
      `${textAt(target, "kind")}/${textAt(target, "name")}`,
      targetsOf(autoscaler),
      countText(fieldAt(autoscaler, "spec", "minReplicas"), "<unset>"),
      numberAt(autoscaler, "spec", "maxReplicas"),
      numberAt(autoscaler, "status", "currentReplicas"),
      objectAge(autoscaler, nowMs),
    ];
  },
};

/** Of webhook configurations. Source: as above, printMutatingWebhook. */
export const webhooksPrinter: Printer = {
  columns: [nameColumn, integerColumn("Webhooks", "Webhooks that are asked."), ageColumn],
  cells: (configuration, nowMs) => [
    nameOf(configuration),
    listAt(configuration, "webhooks").length,
    objectAge(configuration, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printValidatingAdmissionPolicy. */
export const admissionPolicyPrinter: Printer = {
  columns: [
    nameColumn,
    integerColumn("Validations", "Expressions that must hold."),
    column("ParamKind", "Kind of its parameters."),
    ageColumn,
  ],
  cells: (policy, nowMs) => [
    nameOf(policy),
    listAt(policy, "spec", "validations").length,
    paramKindOf(policy),
    objectAge(policy, nowMs),
  ],
};

/** Source: as above, printValidatingAdmissionPolicyBinding. */
export const admissionBindingPrinter: Printer = {
  columns: [
    nameColumn,
    column("PolicyName", "Policy that is bound."),
    column("ParamRef", "Its parameters."),
    ageColumn,
  ],
  cells: (binding, nowMs) => [
    nameOf(binding),
    textAt(binding, "spec", "policyName"),
    paramRefOf(binding),
    objectAge(binding, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printComponentStatus. */
export const componentPrinter: Printer = {
  columns: [
    nameColumn,
    column("Status", "Whether it is healthy."),
    column("Message", "What it says of itself."),
    wideColumn("Error", "What is wrong."),
  ],
  cells: (component) => {
    const healthy = listAt(component, "conditions").find(
      (condition) => textAt(condition, "type") === "Healthy",
    );
    const isHealthy = textAt(healthy, "status") === "True";
    return [
      nameOf(component),
      isHealthy ? "Healthy" : "Unhealthy",
      textAt(healthy, "message"),
      textAt(healthy, "error"),
    ];
  },
};

function usageOf(quota: unknown, isMeant: (resource: string) => boolean): string {
  const used = textsAt(quota, "status", "used");
  return Object.entries(textsAt(quota, "status", "hard"))
    .filter(([resource]) => isMeant(resource))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([resource, hard]) => `${resource}: ${used[resource] ?? "0"}/${hard}`)
    .join(", ");
}

function numberOrTextAt(budget: unknown, member: string): string {
  const value = fieldAt(budget, "spec", member);
  return typeof value === "number" ? String(value) : textAt(budget, "spec", member) || "N/A";
}

function countText(value: unknown, missing = "<none>"): string {
  return typeof value === "number" ? String(value) : missing;
}

function parentOf(address: unknown): string {
  const parent = fieldAt(address, "spec", "parentRef");
  if (parent === undefined) return "<none>";
  const [resource, namespace] = [textAt(parent, "resource"), textAt(parent, "namespace")];
  const group = textAt(parent, "group");
  const kind = group === "" ? resource : `${resource}.${group}`;
  return [kind, namespace, textAt(parent, "name")].filter((part) => part !== "").join("/");
}

function danglingOf(schema: unknown): string {
  const condition = listAt(schema, "status", "conditions").find(
    (each) => textAt(each, "type") === "Dangling",
  );
  return textAt(condition, "status") || "?";
}

function paramKindOf(policy: unknown): string {
  const kind = fieldAt(policy, "spec", "paramKind");
  return kind === undefined ? "<unset>" : `${textAt(kind, "apiVersion")}/${textAt(kind, "kind")}`;
}

function paramRefOf(binding: unknown): string {
  const reference = fieldAt(binding, "spec", "paramRef");
  if (reference === undefined) return "<unset>";
  const namespace = textAt(reference, "namespace") || "*";
  return fieldAt(reference, "selector") === undefined
    ? `${namespace}/${textAt(reference, "name")}`
    : `${namespace}/*`;
}

/** Metrics that are shown before the rest is only counted, as kubectl does. */
const targetsShownMax = 2;

function targetsOf(autoscaler: unknown): string {
  const current = listAt(autoscaler, "status", "currentMetrics");
  const texts = listAt(autoscaler, "spec", "metrics").map((metric, index) =>
    targetOf(metric, current[index]),
  );
  if (texts.length === 0) return "<none>";
  const shown = texts.slice(0, targetsShownMax).join(", ");
  const left = texts.length - targetsShownMax;
  return left > 0 ? `${shown} + ${left} more...` : shown;
}

const sources: Readonly<Record<string, string>> = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
};

function targetOf(metric: unknown, current: unknown): string {
  const type = textAt(metric, "type");
  const member = sources[type] ?? "";
  const target = fieldAt(metric, member, "target");
  const now = fieldAt(current, member, "current");
  const name = type.endsWith("Resource") ? `${textAt(metric, member, "name")}: ` : "";
  const share = fieldAt(target, "averageUtilization");
  if (typeof share === "number") {
    const used = fieldAt(now, "averageUtilization");
    return `${name}${typeof used === "number" ? `${used}%` : "<unknown>"}/${share}%`;
  }
  const average = textAt(target, "averageValue");
  const unit = type === "Object" || type === "External" ? " (avg)" : "";
  if (average !== "") {
    return `${name}${textAt(now, "averageValue") || "<unknown>"}/${average}${unit}`;
  }
  return `${name}${textAt(now, "value") || "<unknown>"}/${textAt(target, "value")}`;
}
