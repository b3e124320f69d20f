/**
 * What kube-apiserver fills in for controllers, storage, access and extensions; the defaults of
 * pods, services and Jobs stand in `default-values.ts`.
 *
 * Source: the default values in https://kubernetes.io/docs/reference/kubernetes-api/
 */
import type { JsonObject } from "@beemesh/wire";
import { type Filler, filled, fillerOf, isLatest, positive } from "./fill.ts";
import { entriesAt, listAt, objectAt, textAt } from "./members.ts";

const rbacGroup = "rbac.authorization.k8s.io";

/** Share of its request that a target's CPU should use if nobody says. */
const cpuUtilization = 80;

const everything: JsonObject = {
  matchPolicy: "Equivalent",
  namespaceSelector: {},
  objectSelector: {},
};

const webhook: JsonObject = { ...everything, failurePolicy: "Fail", timeoutSeconds: 10 };

const workloadFillers: Readonly<Record<string, Filler>> = {
  "apps.v1.StatefulSetSpec": (spec) =>
    filled(spec, {
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: {} },
      persistentVolumeClaimRetentionPolicy: {},
      replicas: 1,
      revisionHistoryLimit: 10,
    }),
  "apps.v1.StatefulSetUpdateStrategy": (strategy) =>
    textAt(strategy, "type") === ""
      ? filled(strategy, { type: "RollingUpdate", rollingUpdate: {} })
      : strategy,
  "apps.v1.RollingUpdateStatefulSetStrategy": fillerOf({ partition: 0 }),
  "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy": fillerOf({
    whenDeleted: "Retain",
    whenScaled: "Retain",
  }),
  "apps.v1.DaemonSetSpec": fillerOf({ updateStrategy: {}, revisionHistoryLimit: 10 }),
  "apps.v1.DaemonSetUpdateStrategy": (strategy) => {
    const typed = filled(strategy, { type: "RollingUpdate" });
    return typed["type"] === "RollingUpdate" ? filled(typed, { rollingUpdate: {} }) : typed;
  },
  "apps.v1.RollingUpdateDaemonSet": fillerOf({ maxUnavailable: 1, maxSurge: 0 }),
  "core.v1.ReplicationController": replicationController,
  "autoscaling.v2.HorizontalPodAutoscalerSpec": autoscaler,
  "batch.v1.PodFailurePolicyOnPodConditionsPattern": fillerOf({ status: "True" }),
  "scheduling.v1.PriorityClass": fillerOf({
    value: 0,
    preemptionPolicy: "PreemptLowerPriority",
  }),
};

const storageFillers: Readonly<Record<string, Filler>> = {
  "core.v1.PersistentVolumeSpec": fillerOf({
    persistentVolumeReclaimPolicy: "Retain",
    volumeMode: "Filesystem",
  }),
  "core.v1.PersistentVolumeClaimSpec": fillerOf({ volumeMode: "Filesystem" }),
  "core.v1.ImageVolumeSource": (source) =>
    filled(source, {
      pullPolicy: isLatest(textAt(source, "reference")) ? "Always" : "IfNotPresent",
    }),
  "core.v1.LimitRangeItem": limitRangeItem,
  "storage.v1.StorageClass": fillerOf({
    reclaimPolicy: "Delete",
    volumeBindingMode: "Immediate",
  }),
  "storage.v1.CSIDriverSpec": fillerOf({
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: "ReadWriteOnceWithFSType",
    volumeLifecycleModes: ["Persistent"],
    requiresRepublish: false,
    seLinuxMount: false,
  }),
};

const deviceFillers: Readonly<Record<string, Filler>> = {
  "resource.v1.ExactDeviceRequest": exactCount,
  "resource.v1.DeviceSubRequest": exactCount,
};

const extensionFillers: Readonly<Record<string, Filler>> = {
  "rbac.v1.RoleRef": fillerOf({ apiGroup: rbacGroup }),
  "rbac.v1.Subject": (subject) =>
    ["User", "Group"].includes(textAt(subject, "kind"))
      ? filled(subject, { apiGroup: rbacGroup })
      : subject,
  "admissionregistration.v1.MutatingWebhook": fillerOf({ ...webhook, reinvocationPolicy: "Never" }),
  "admissionregistration.v1.ValidatingWebhook": fillerOf(webhook),
  "admissionregistration.v1.RuleWithOperations": fillerOf({ scope: "*" }),
  "admissionregistration.v1.NamedRuleWithOperations": fillerOf({ scope: "*" }),
  "admissionregistration.v1.ServiceReference": fillerOf({ port: 443 }),
  "admissionregistration.v1.MatchResources": fillerOf(everything),
  "admissionregistration.v1.ValidatingAdmissionPolicySpec": fillerOf({ failurePolicy: "Fail" }),
  "flowcontrol.v1.FlowSchemaSpec": (spec) => positive(spec, { matchingPrecedence: 1000 }),
  "flowcontrol.v1.ExemptPriorityLevelConfiguration": fillerOf({
    nominalConcurrencyShares: 0,
    lendablePercent: 0,
  }),
  "flowcontrol.v1.LimitedPriorityLevelConfiguration": fillerOf({
    nominalConcurrencyShares: 30,
    lendablePercent: 0,
  }),
  "flowcontrol.v1.QueuingConfiguration": (queuing) =>
    positive(queuing, { handSize: 8, queues: 64, queueLengthLimit: 50 }),
};

/** Fillers by type. */
export const kindFillers: Readonly<Record<string, Filler>> = {
  ...workloadFillers,
  ...storageFillers,
  ...deviceFillers,
  ...extensionFillers,
};

/** One device, where nobody says how many. */
function exactCount(request: JsonObject): JsonObject {
  const whole = filled(request, { allocationMode: "ExactCount" });
  return whole["allocationMode"] === "ExactCount" ? positive(whole, { count: 1 }) : whole;
}

/** It has, and selects by, the labels of its template. */
function replicationController(object: JsonObject): JsonObject {
  const labels = objectAt(object, "spec", "template", "metadata", "labels") ?? {};
  const spec = objectAt(object, "spec");
  if (spec === undefined || Object.keys(labels).length === 0) return object;
  const metadata = objectAt(object, "metadata") ?? {};
  const isLabelled = entriesAt(metadata, "labels").length > 0;
  const isSelecting = entriesAt(spec, "selector").length > 0;
  return {
    ...object,
    metadata: isLabelled ? metadata : { ...metadata, labels },
    spec: isSelecting ? spec : { ...spec, selector: labels },
  };
}

/** Without metrics it looks at the use of CPU; what it says of scaling is completed. */
function autoscaler(spec: JsonObject): JsonObject {
  const target = { type: "Utilization", averageUtilization: cpuUtilization };
  const whole = filled(spec, { minReplicas: 1 });
  const measured =
    listAt(whole, "metrics").length > 0
      ? whole
      : { ...whole, metrics: [{ type: "Resource", resource: { name: "cpu", target } }] };
  const behavior = objectAt(measured, "behavior");
  if (behavior === undefined) return measured;
  const scaleUp = filled(objectAt(behavior, "scaleUp") ?? {}, {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [
      { type: "Pods", value: 4, periodSeconds: 15 },
      { type: "Percent", value: 100, periodSeconds: 15 },
    ],
  });
  const scaleDown = filled(objectAt(behavior, "scaleDown") ?? {}, {
    selectPolicy: "Max",
    policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
  });
  return { ...measured, behavior: { ...behavior, scaleUp, scaleDown } };
}

/** A container's limit is its largest at first, its request its limit, else its smallest. */
function limitRangeItem(item: JsonObject): JsonObject {
  if (textAt(item, "type") !== "Container") return item;
  const limits = { ...objectAt(item, "max"), ...objectAt(item, "default") };
  const requests = { ...objectAt(item, "min"), ...limits, ...objectAt(item, "defaultRequest") };
  return { ...item, default: limits, defaultRequest: requests };
}
