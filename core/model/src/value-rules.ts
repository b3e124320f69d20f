/**
 * Which values fields take, type by type: one row a field. Rules that need more than one field
 * stand in the rules of pods, services, workloads and metadata.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/
 */
import { invalid } from "./cause.ts";
import { deviceValueRules } from "./device-rules.ts";
import { textOf } from "./members.ts";
import {
  domainPathError,
  environmentNameError,
  labelError,
  letterLabelError,
  portNameError,
  qualifiedNameError,
  subdomainError,
} from "./name.ts";
import { resizeValueRules } from "./resize-rules.ts";
import { securityItemRules, securityValueRules } from "./security-rules.ts";
import {
  atLeast,
  between,
  fileMode,
  innerPath,
  named,
  numberOrPercent,
  oneOf,
  port,
  portOrName,
  portOrNone,
  type ValueCheck,
  type ValueRules,
} from "./value-check.ts";

const label = named(labelError);
const subdomain = named(subdomainError);
const key = named(qualifiedNameError);
const natural = atLeast(0);
const transport = oneOf("SCTP", "TCP", "UDP");
const locality = oneOf("Cluster", "Local");
const family = oneOf("IPv4", "IPv6");
const effect = oneOf("NoSchedule", "PreferNoSchedule", "NoExecute");
const seconds31 = between(1, 2_147_483_647);

/** Pods of one Job: what Kubernetes allows of an Indexed one, for each has an index here. */
const jobPodsMax = 100_000;

/** Kubernetes' own: as long as the value of a label, for metrics count by it. */
const managerLengthMax = 63;

function managerError(text: string): string | undefined {
  if (text.length > managerLengthMax) return `may not be more than ${managerLengthMax} bytes`;
  return domainPathError(text);
}

const container = {
  name: label,
  imagePullPolicy: oneOf("Always", "IfNotPresent", "Never"),
  terminationMessagePolicy: oneOf("File", "FallbackToLogsOnError"),
} as const;

const nodePort: ValueCheck = (value, field) => {
  const rule = "provided port is not in the valid range. The range of valid ports is 30000-32767";
  const isRight = value === 0 || between(30_000, 32_767)(value, field).length === 0;
  return isRight ? [] : [invalid(field, value, rule)];
};

const operatorCheck: ValueCheck = (value, field) =>
  ["In", "NotIn", "Exists", "DoesNotExist"].includes(textOf(value))
    ? []
    : [invalid(field, value, "not a valid selector operator")];

const podValueRules: ValueRules = {
  "core.v1.PodSpec": {
    restartPolicy: oneOf("Always", "OnFailure", "Never"),
    dnsPolicy: oneOf("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    preemptionPolicy: oneOf("Never", "PreemptLowerPriority"),
    terminationGracePeriodSeconds: natural,
    activeDeadlineSeconds: seconds31,
    hostname: label,
    subdomain: label,
    nodeName: subdomain,
    serviceAccountName: subdomain,
  },
  "core.v1.Container": container,
  "core.v1.EphemeralContainer": container,
  "core.v1.ContainerPort": {
    name: named(portNameError),
    containerPort: port,
    hostPort: portOrNone,
    protocol: transport,
  },
  "core.v1.EnvVar": { name: named(environmentNameError) },
  "core.v1.VolumeMount": {
    mountPropagation: oneOf("None", "HostToContainer", "Bidirectional"),
    subPath: innerPath,
    subPathExpr: innerPath,
  },
  "core.v1.Volume": { name: label },
  "core.v1.KeyToPath": { mode: fileMode, path: innerPath },
  "core.v1.ConfigMapVolumeSource": { defaultMode: fileMode },
  "core.v1.SecretVolumeSource": { defaultMode: fileMode },
  "core.v1.DownwardAPIVolumeSource": { defaultMode: fileMode },
  "core.v1.ProjectedVolumeSource": { defaultMode: fileMode },
  "core.v1.HostPathVolumeSource": {
    type: oneOf(
      "BlockDevice",
      "CharDevice",
      "Directory",
      "DirectoryOrCreate",
      "File",
      "FileOrCreate",
      "Socket",
    ),
  },
  "core.v1.Probe": {
    initialDelaySeconds: natural,
    timeoutSeconds: natural,
    periodSeconds: natural,
    successThreshold: natural,
    failureThreshold: natural,
    terminationGracePeriodSeconds: atLeast(1),
  },
  "core.v1.HTTPGetAction": { scheme: oneOf("HTTP", "HTTPS"), port: portOrName },
  "core.v1.TCPSocketAction": { port: portOrName },
  "core.v1.GRPCAction": { port },
  "core.v1.SleepAction": { seconds: natural },
  "core.v1.Toleration": { key, operator: oneOf("Equal", "Exists", "Lt", "Gt"), effect },
  "core.v1.TopologySpreadConstraint": {
    maxSkew: atLeast(1),
    minDomains: atLeast(1),
    topologyKey: key,
    whenUnsatisfiable: oneOf("DoNotSchedule", "ScheduleAnyway"),
    nodeAffinityPolicy: oneOf("Honor", "Ignore"),
    nodeTaintsPolicy: oneOf("Honor", "Ignore"),
  },
  "core.v1.PodAffinityTerm": { topologyKey: key },
  "core.v1.WeightedPodAffinityTerm": { weight: between(1, 100) },
  "core.v1.PreferredSchedulingTerm": { weight: between(1, 100) },
};

const otherValueRules: ValueRules = {
  "meta.v1.ObjectMeta": { deletionGracePeriodSeconds: natural, generation: natural },
  "meta.v1.LabelSelectorRequirement": { key, operator: operatorCheck },
  "core.v1.Taint": { key, effect },
  "apps.v1.DeploymentSpec": {
    replicas: natural,
    minReadySeconds: natural,
    revisionHistoryLimit: natural,
    progressDeadlineSeconds: natural,
  },
  "apps.v1.DeploymentStrategy": { type: oneOf("Recreate", "RollingUpdate") },
  "apps.v1.RollingUpdateDeployment": {
    maxUnavailable: numberOrPercent,
    maxSurge: numberOrPercent,
  },
  "apps.v1.ReplicaSetSpec": { replicas: natural, minReadySeconds: natural },
  "batch.v1.CronJobSpec": {
    startingDeadlineSeconds: natural,
    concurrencyPolicy: oneOf("Allow", "Forbid", "Replace"),
    successfulJobsHistoryLimit: natural,
    failedJobsHistoryLimit: natural,
  },
  "batch.v1.JobSpec": {
    parallelism: between(0, jobPodsMax),
    completions: between(0, jobPodsMax),
    backoffLimit: natural,
    backoffLimitPerIndex: natural,
    maxFailedIndexes: natural,
    activeDeadlineSeconds: natural,
    ttlSecondsAfterFinished: natural,
    completionMode: oneOf("Indexed", "NonIndexed"),
    podReplacementPolicy: oneOf("Failed", "TerminatingOrFailed"),
    managedBy: named(managerError),
  },
  "batch.v1.PodFailurePolicyOnPodConditionsPattern": {
    type: key,
    status: oneOf("False", "True", "Unknown"),
  },
  "batch.v1.SuccessPolicyRule": { succeededCount: natural },
  "autoscaling.v1.ScaleSpec": { replicas: natural },
  "core.v1.ServiceSpec": {
    type: oneOf("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"),
    sessionAffinity: oneOf("ClientIP", "None"),
    internalTrafficPolicy: locality,
    externalTrafficPolicy: locality,
    ipFamilyPolicy: oneOf("PreferDualStack", "RequireDualStack", "SingleStack"),
    externalName: subdomain,
    healthCheckNodePort: portOrNone,
  },
  "core.v1.ServicePort": {
    name: label,
    port,
    targetPort: portOrName,
    nodePort,
    protocol: transport,
  },
  "core.v1.ClientIPConfig": { timeoutSeconds: between(1, 86_400) },
  "core.v1.EndpointPort": { name: label, port, protocol: transport },
  "discovery.v1.EndpointPort": { port, protocol: transport },
  "discovery.v1.EndpointSlice": { addressType: oneOf("FQDN", "IPv4", "IPv6") },
  "core.v1.LoadBalancerIngress": { ipMode: oneOf("Proxy", "VIP") },
};

const aboveZero = atLeast(1);

const controlValueRules: ValueRules = {
  "apps.v1.StatefulSetSpec": {
    replicas: natural,
    minReadySeconds: natural,
    revisionHistoryLimit: natural,
    podManagementPolicy: (value, field) =>
      ["", "OrderedReady", "Parallel"].includes(textOf(value))
        ? []
        : [invalid(field, value, "must be 'OrderedReady' or 'Parallel'")],
  },
  "apps.v1.RollingUpdateStatefulSetStrategy": {
    partition: natural,
    maxUnavailable: numberOrPercent,
  },
  "apps.v1.StatefulSetOrdinals": { start: natural },
  "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy": {
    whenDeleted: oneOf("Retain", "Delete"),
    whenScaled: oneOf("Retain", "Delete"),
  },
  "apps.v1.DaemonSetSpec": { minReadySeconds: natural, revisionHistoryLimit: natural },
  "apps.v1.RollingUpdateDaemonSet": {
    maxUnavailable: numberOrPercent,
    maxSurge: numberOrPercent,
  },
  "apps.v1.ControllerRevision": { revision: natural },
  "autoscaling.v2.HorizontalPodAutoscalerSpec": { minReplicas: aboveZero },
  "autoscaling.v2.HPAScalingRules": { stabilizationWindowSeconds: between(0, 3600) },
  "autoscaling.v2.HPAScalingPolicy": {
    type: oneOf("Percent", "Pods"),
    value: aboveZero,
    periodSeconds: between(1, 1800),
  },
  "autoscaling.v2.MetricTarget": {
    type: oneOf("AverageValue", "Utilization", "Value"),
    averageUtilization: aboveZero,
  },
  "policy.v1.PodDisruptionBudgetSpec": {
    minAvailable: numberOrPercent,
    maxUnavailable: numberOrPercent,
  },
  "coordination.v1.LeaseSpec": { leaseDurationSeconds: aboveZero, leaseTransitions: natural },
  "node.v1.RuntimeClass": { handler: label },
};

const configurationValueRules: ValueRules = {
  "core.v1.PersistentVolumeSpec": { storageClassName: subdomain },
  "core.v1.PersistentVolumeClaimSpec": { storageClassName: subdomain },
  "admissionregistration.v1.ValidatingWebhook": {
    sideEffects: oneOf("None", "NoneOnDryRun"),
    timeoutSeconds: between(1, 30),
  },
  "admissionregistration.v1.MutatingWebhook": {
    sideEffects: oneOf("None", "NoneOnDryRun"),
    timeoutSeconds: between(1, 30),
  },
  "admissionregistration.v1.ServiceReference": { port },
};

const networkValueRules: ValueRules = {
  "networking.v1.NetworkPolicyPort": { protocol: transport, port: portOrName, endPort: port },
  "networking.v1.IngressSpec": { ingressClassName: subdomain },
  "networking.v1.IngressTLS": { secretName: subdomain },
  "networking.v1.IngressServiceBackend": { name: named(letterLabelError) },
  "networking.v1.ServiceBackendPort": { name: named(portNameError), number: portOrNone },
  "networking.v1.IngressClassParametersReference": { scope: oneOf("Cluster", "Namespace") },
  "beemesh.v1.ExternalWorkloadSpec": { serviceAccountName: subdomain, machine: subdomain },
  "beemesh.v1.ExternalWorkloadPort": {
    name: named(portNameError),
    port,
    protocol: oneOf("TCP", "UDP"),
  },
  "beemesh.v1.ExternalWorkloadProbe": {
    periodSeconds: atLeast(1),
    timeoutSeconds: atLeast(1),
    successThreshold: atLeast(1),
    failureThreshold: atLeast(1),
  },
  "beemesh.v1.ExternalWorkloadSocket": { port },
  "beemesh.v1.ExternalWorkloadReach": {
    service: subdomain,
    namespace: subdomain,
    port,
    listenPort: port,
  },
};

/** The checks of each type's fields. */
export const valueRules: ValueRules = {
  ...podValueRules,
  ...otherValueRules,
  ...controlValueRules,
  ...configurationValueRules,
  ...networkValueRules,
  ...resizeValueRules,
  ...securityValueRules,
  ...deviceValueRules,
};

/** The checks of each item of lists of plain values. */
export const itemRules: ValueRules = {
  "core.v1.ServiceSpec": { ipFamilies: family },
  "meta.v1.ObjectMeta": { finalizers: key },
  ...securityItemRules,
};
