/**
 * Which fields BeeMesh acts on: data, one row a type. A type without a row is honoured as a
 * whole. What a manifest says beyond this is kept and answered with a warning.
 */

/**
 * Kinds that are kept, served and watched, and that nothing acts on yet, as `<plural>.<group>`:
 * whoever writes the controller of one takes it out.
 */
export const idleKinds: ReadonlySet<string> = new Set([
  "csidrivers.storage.k8s.io",
  "csinodes.storage.k8s.io",
  "csistoragecapacities.storage.k8s.io",
  "flowschemas.flowcontrol.apiserver.k8s.io",
  "ipaddresses.networking.k8s.io",
  "persistentvolumeclaims.",
  "persistentvolumes.",
  "podtemplates.",
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
  "runtimeclasses.node.k8s.io",
  "servicecidrs.networking.k8s.io",
  "storageclasses.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
  "volumeattributesclasses.storage.k8s.io",
]);

/** The members of each type that are acted on. */
export const honouredMembers: Readonly<Record<string, readonly string[]>> = {
  "admissionregistration.v1.ValidatingAdmissionPolicySpec": [
    "failurePolicy",
    "matchConditions",
    "matchConstraints",
    "paramKind",
    "validations",
    "variables",
  ],
  "apps.v1.StatefulSetSpec": [
    "minReadySeconds",
    "ordinals",
    "podManagementPolicy",
    "replicas",
    "revisionHistoryLimit",
    "selector",
    "serviceName",
    "template",
    "updateStrategy",
  ],
  "autoscaling.v2.MetricSpec": ["containerResource", "resource", "type"],
  "batch.v1.JobSpec": [
    "activeDeadlineSeconds",
    "backoffLimit",
    "backoffLimitPerIndex",
    "completionMode",
    "completions",
    "managedBy",
    "maxFailedIndexes",
    "parallelism",
    "podFailurePolicy",
    "podReplacementPolicy",
    "selector",
    "successPolicy",
    "suspend",
    "template",
    "ttlSecondsAfterFinished",
  ],
  "core.v1.PodSpec": [
    "activeDeadlineSeconds",
    "automountServiceAccountToken",
    "containers",
    "ephemeralContainers",
    "hostIPC",
    "hostPID",
    "hostname",
    "initContainers",
    "nodeName",
    "nodeSelector",
    "preemptionPolicy",
    "priority",
    "restartPolicy",
    "serviceAccount",
    "serviceAccountName",
    "terminationGracePeriodSeconds",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
  ],
  "core.v1.Container": [
    "args",
    "command",
    "env",
    "envFrom",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "name",
    "ports",
    "readinessProbe",
    "resources",
    "restartPolicy",
    "securityContext",
    "startupProbe",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeMounts",
    "workingDir",
  ],
  "core.v1.EphemeralContainer": [
    "args",
    "command",
    "env",
    "envFrom",
    "image",
    "imagePullPolicy",
    "name",
    "securityContext",
    "stdin",
    "stdinOnce",
    "targetContainerName",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeMounts",
    "workingDir",
  ],
  "core.v1.ContainerPort": ["containerPort", "name", "protocol"],
  "core.v1.EnvVarSource": ["configMapKeyRef", "fieldRef", "resourceFieldRef", "secretKeyRef"],
  "core.v1.HTTPGetAction": ["httpHeaders", "path", "port", "scheme"],
  "core.v1.Lifecycle": ["postStart", "preStop"],
  "core.v1.ResourceRequirements": ["limits", "requests"],
  "core.v1.SecurityContext": ["runAsUser"],
  "core.v1.TCPSocketAction": ["port"],
  "core.v1.ServiceAccount": ["automountServiceAccountToken", "metadata"],
  "core.v1.ServicePort": ["appProtocol", "name", "port", "protocol", "targetPort"],
  "core.v1.ServiceSpec": ["clusterIP", "clusterIPs", "ports", "selector", "type"],
  "core.v1.EmptyDirVolumeSource": ["medium", "sizeLimit"],
  "core.v1.ConfigMapVolumeSource": ["defaultMode", "items", "name", "optional"],
  "core.v1.SecretVolumeSource": ["defaultMode", "items", "optional", "secretName"],
  "core.v1.KeyToPath": ["key", "mode", "path"],
  "core.v1.TopologySpreadConstraint": [
    "labelSelector",
    "maxSkew",
    "topologyKey",
    "whenUnsatisfiable",
  ],
  "core.v1.ProjectedVolumeSource": ["defaultMode", "sources"],
  "core.v1.Volume": [
    "configMap",
    "downwardAPI",
    "emptyDir",
    "hostPath",
    "name",
    "projected",
    "secret",
  ],
  "core.v1.VolumeProjection": ["configMap", "downwardAPI", "secret", "serviceAccountToken"],
  "core.v1.VolumeMount": ["mountPath", "name", "readOnly", "subPath"],
  "networking.v1.IngressBackend": ["service"],
  "networking.v1.IngressClassSpec": ["controller"],
};

/** The values of honoured members that are acted on, where others are not. */
export const honouredValues: Readonly<Record<string, readonly string[]>> = {
  "core.v1.ServiceSpec.type": ["ClusterIP"],
};

/** The keys of honoured maps that are acted on, where others are not. */
export const honouredKeys: Readonly<Record<string, readonly string[]>> = {
  "core.v1.ResourceRequirements.limits": ["cpu", "memory"],
  "core.v1.ResourceRequirements.requests": ["cpu", "memory"],
};

/** Values that ask for what happens anyway, the defaults of kube-apiserver among them. */
export const inertValues: Readonly<Record<string, readonly (string | boolean)[]>> = {
  "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted": ["Retain"],
  "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled": ["Retain"],
  "core.v1.PodSpec.dnsPolicy": ["ClusterFirst"],
  "core.v1.PodSpec.enableServiceLinks": [true],
  "core.v1.PodSpec.preemptionPolicy": ["PreemptLowerPriority"],
  "core.v1.PodSpec.schedulerName": ["default-scheduler"],
  "core.v1.PodSpec.serviceAccount": ["default"],
  "core.v1.PodSpec.serviceAccountName": ["default"],
  "core.v1.SecurityContext.allowPrivilegeEscalation": [true],
  "core.v1.ServiceSpec.allocateLoadBalancerNodePorts": [true],
  "core.v1.ServiceSpec.externalTrafficPolicy": ["Cluster"],
  "core.v1.ServiceSpec.internalTrafficPolicy": ["Cluster"],
  "core.v1.ServiceSpec.ipFamilyPolicy": ["SingleStack"],
  "core.v1.ServiceSpec.sessionAffinity": ["None"],
  "core.v1.VolumeMount.mountPropagation": ["None"],
};

/** Members of which false or zero asks for something; elsewhere it asks for nothing. */
export const zeroMatters: ReadonlySet<string> = new Set([
  "core.v1.PodSecurityContext.fsGroup",
  "core.v1.PodSecurityContext.runAsGroup",
  "core.v1.PodSecurityContext.runAsUser",
  "core.v1.SecurityContext.allowPrivilegeEscalation",
  "core.v1.SecurityContext.runAsGroup",
]);

/** Lists that ask for what happens anyway when they hold nothing else. */
export const inertItems: Readonly<Record<string, string>> = {
  "core.v1.ServiceSpec.ipFamilies": "IPv4",
};
