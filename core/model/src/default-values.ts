/**
 * What kube-apiserver fills in, type by type. Clients rely on it: those in Go read members that
 * it always sets without asking whether they are there.
 *
 * Source: the default values in https://kubernetes.io/docs/reference/kubernetes-api/
 */
import type { Json, JsonObject } from "@beemesh/wire";
import { base64, utf8 } from "./encoding.ts";
import { type Filler, filled, isLatest, positive } from "./fill.ts";
import { kindFillers } from "./kind-defaults.ts";
import { entriesAt, isSet, listAt, objectAt, objectsAt, textAt, textOf } from "./members.ts";
import { typeNamed } from "./schema.ts";

/** 0644, as JSON writes it. */
const fileMode = 0o644;

const container: Filler = (object) =>
  filled(object, {
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: isLatest(textAt(object, "image")) ? "Always" : "IfNotPresent",
    resources: {},
  });

const fileSource: Filler = (object) => filled(object, { defaultMode: fileMode });

/** Fillers by type. */
export const fillers: Readonly<Record<string, Filler>> = {
  "core.v1.PodSpec": (spec) =>
    withHostPorts(
      filled(spec, {
        restartPolicy: "Always",
        terminationGracePeriodSeconds: 30,
        dnsPolicy: "ClusterFirst",
        securityContext: {},
        schedulerName: "default-scheduler",
        ...sameName(spec),
      }),
    ),
  "core.v1.Container": container,
  "core.v1.EphemeralContainer": container,
  "core.v1.ContainerPort": (port) => filled(port, { protocol: "TCP" }),
  "core.v1.Probe": (probe) =>
    positive(probe, {
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    }),
  "core.v1.HTTPGetAction": (action) => filled(action, { path: "/", scheme: "HTTP" }),
  "core.v1.GRPCAction": (action) => ({ service: "", ...action }),
  "core.v1.ObjectFieldSelector": (selector) => filled(selector, { apiVersion: "v1" }),
  "core.v1.ResourceFieldSelector": (selector) => filled(selector, { divisor: "0" }),
  "core.v1.Volume": (volume) =>
    volumeSources.some((source) => isSet(volume[source])) ? volume : { ...volume, emptyDir: {} },
  "core.v1.SecretVolumeSource": fileSource,
  "core.v1.ConfigMapVolumeSource": fileSource,
  "core.v1.DownwardAPIVolumeSource": fileSource,
  "core.v1.ProjectedVolumeSource": fileSource,
  "core.v1.HostPathVolumeSource": (source) => ({ type: "", ...source }),
  "core.v1.ServiceAccountTokenProjection": (source) => filled(source, { expirationSeconds: 3600 }),
  "apps.v1.DeploymentSpec": (spec) =>
    filled(spec, {
      replicas: 1,
      strategy: {},
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    }),
  "apps.v1.DeploymentStrategy": deploymentStrategy,
  "apps.v1.ReplicaSetSpec": (spec) => filled(spec, { replicas: 1 }),
  "batch.v1.CronJobSpec": (spec) =>
    filled(spec, {
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    }),
  "batch.v1.Job": job,
  "batch.v1.JobSpec": jobSpec,
  "batch.v1.PodFailurePolicyOnPodConditionsPattern": (pattern) =>
    filled(pattern, { status: "True" }),
  "core.v1.Service": withSpec,
  "core.v1.ServiceSpec": serviceSpec,
  "core.v1.EndpointPort": (port) => filled(port, { protocol: "TCP" }),
  "discovery.v1.EndpointPort": (port) => ({ name: "", ...filled(port, { protocol: "TCP" }) }),
  "networking.v1.NetworkPolicy": withSpec,
  "networking.v1.NetworkPolicySpec": networkPolicySpec,
  "networking.v1.NetworkPolicyPort": (port) => filled(port, { protocol: "TCP" }),
  "networking.v1.Ingress": withSpec,
  "networking.v1.IngressClass": withSpec,
  "networking.v1.IngressClassParametersReference": (reference) =>
    filled(reference, { scope: "Cluster" }),
  "beemesh.v1.ExternalWorkload": withSpec,
  "beemesh.v1.ExternalWorkloadSpec": (spec) =>
    filled(spec, { serviceAccountName: "default", address: "127.0.0.1" }),
  "beemesh.v1.ExternalWorkloadPort": (port) => filled(port, { protocol: "TCP" }),
  "beemesh.v1.ExternalWorkloadReach": (reach) => filled(reach, { listenAddress: "127.0.0.1" }),
  "beemesh.v1.ExternalWorkloadProbe": (probe) =>
    positive(probe, {
      periodSeconds: 10,
      timeoutSeconds: 1,
      successThreshold: 1,
      failureThreshold: 3,
    }),
  "core.v1.Secret": secret,
  "core.v1.Namespace": namespace,
  "core.v1.Pod": pod,
  ...kindFillers,
};

const volumeSources = [...(typeNamed("core.v1.VolumeSource")?.members.keys() ?? [])];

/** A specification that is missing says as little as an empty one. */
function withSpec(object: JsonObject): JsonObject {
  return filled(object, { spec: {} });
}

/** The old name of the service account goes on to be set beside the new one. */
function sameName(spec: JsonObject): JsonObject {
  const name = textAt(spec, "serviceAccountName") || textAt(spec, "serviceAccount");
  return name === "" ? {} : { serviceAccountName: name, serviceAccount: name };
}

/** On the host's network, a port of a container is one of the host. */
function withHostPorts(spec: JsonObject): JsonObject {
  if (spec["hostNetwork"] !== true) return spec;
  const lists = ["containers", "initContainers"].filter((list) => Array.isArray(spec[list]));
  const changed = lists.map((list): [string, Json] => [
    list,
    objectsAt(spec, list).map((each) => ({
      ...each,
      ...(each["ports"] === undefined
        ? {}
        : {
            ports: objectsAt(each, "ports").map((port) =>
              positive(port, { hostPort: port["containerPort"] ?? 0 }),
            ),
          }),
    })),
  ]);
  return { ...spec, ...Object.fromEntries(changed) };
}

function pod(object: JsonObject): JsonObject {
  const spec = objectAt(object, "spec");
  if (spec === undefined) return object;
  const lists = ["containers", "initContainers"].filter((list) => Array.isArray(spec[list]));
  const requested = lists.map((list): [string, Json] => [
    list,
    objectsAt(spec, list).map(withRequests),
  ]);
  const whole = filled(spec, { enableServiceLinks: true });
  return { ...object, spec: { ...whole, ...Object.fromEntries(requested) } };
}

/** What is limited and not requested is requested as it is limited. */
function withRequests(object: JsonObject): JsonObject {
  const limits = objectAt(object, "resources", "limits");
  if (limits === undefined) return object;
  const requests = { ...limits, ...objectAt(object, "resources", "requests") };
  return { ...object, resources: { ...objectAt(object, "resources"), requests } };
}

function deploymentStrategy(strategy: JsonObject): JsonObject {
  const typed = filled(strategy, { type: "RollingUpdate" });
  if (typed["type"] !== "RollingUpdate") return typed;
  const rollingUpdate = filled(objectAt(typed, "rollingUpdate") ?? {}, {
    maxUnavailable: "25%",
    maxSurge: "25%",
  });
  return { ...typed, rollingUpdate };
}

/** A Job without labels has those of its pods. */
function job(object: JsonObject): JsonObject {
  const metadata = objectAt(object, "metadata") ?? {};
  const labels = objectAt(object, "spec", "template", "metadata", "labels") ?? {};
  const isLabelled = entriesAt(metadata, "labels").length > 0 || Object.keys(labels).length === 0;
  return isLabelled ? object : { ...object, metadata: { ...metadata, labels } };
}

/** Kubernetes' own: with a limit for each index, the Job as a whole has as good as none. */
const backoffLimitUnbounded = 2_147_483_647;

/** With neither number it is one pod; with none of completions it is a work queue. */
function jobSpec(spec: JsonObject): JsonObject {
  const isPlain = !isSet(spec["completions"]) && !isSet(spec["parallelism"]);
  const replacement = isSet(spec["podFailurePolicy"]) ? "Failed" : "TerminatingOrFailed";
  return filled(spec, {
    ...(isPlain ? { completions: 1 } : {}),
    parallelism: 1,
    backoffLimit: isSet(spec["backoffLimitPerIndex"]) ? backoffLimitUnbounded : 6,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: replacement,
  });
}

/** How long a client stays where it is; of one that stays nowhere nothing is said. */
function affine(spec: JsonObject): JsonObject {
  const { sessionAffinityConfig: config, ...rest } = spec;
  if (spec["sessionAffinity"] === "None") return rest;
  if (spec["sessionAffinity"] !== "ClientIP") return spec;
  const given = objectAt(config, "clientIP") ?? {};
  return { ...rest, sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800, ...given } } };
}

function serviceSpec(spec: JsonObject): JsonObject {
  const typed = affine(filled(spec, { sessionAffinity: "None", type: "ClusterIP" }));
  const type = textAt(typed, "type");
  const ports = Array.isArray(typed["ports"])
    ? { ports: objectsAt(typed, "ports").map(servicePort) }
    : {};
  const isOutside = type === "NodePort" || type === "LoadBalancer";
  return {
    ...filled(typed, {
      ...(isOutside ? { externalTrafficPolicy: "Cluster" } : {}),
      ...(type === "LoadBalancer" ? { allocateLoadBalancerNodePorts: true } : {}),
      ...(type === "ExternalName"
        ? {}
        : {
            internalTrafficPolicy: "Cluster",
            ipFamilies: ["IPv4"],
            ipFamilyPolicy: "SingleStack",
            ...sameAddress(typed),
          }),
    }),
    ...ports,
  };
}

/** The first of a service's addresses stands in two places. */
function sameAddress(spec: JsonObject): JsonObject {
  const address = textAt(spec, "clusterIP") || textOf(listAt(spec, "clusterIPs")[0]);
  return address === "" ? {} : { clusterIP: address, clusterIPs: [address] };
}

function servicePort(port: JsonObject): JsonObject {
  const target = port["targetPort"] === 0 ? { targetPort: port["port"] ?? 0 } : {};
  return { ...filled(port, { protocol: "TCP", targetPort: port["port"] ?? 0 }), ...target };
}

/** A policy without types is about what comes in, and about what goes out if it says anything. */
function networkPolicySpec(spec: JsonObject): JsonObject {
  if (listAt(spec, "policyTypes").length > 0) return spec;
  const hasEgress = listAt(spec, "egress").length > 0;
  return { ...spec, policyTypes: hasEgress ? ["Ingress", "Egress"] : ["Ingress"] };
}

/** Text given in the clear becomes base64, as everything else in the data of a Secret. */
function secret(object: JsonObject): JsonObject {
  const { stringData, ...rest } = filled(object, { type: "Opaque" });
  const clear = entriesAt({ stringData }, "stringData");
  if (clear.length === 0) return rest;
  const encoded = clear.map(([key, value]) => [key, base64(utf8(textOf(value)))]);
  return { ...rest, data: { ...objectAt(rest, "data"), ...Object.fromEntries(encoded) } };
}

function namespace(object: JsonObject): JsonObject {
  const metadata = objectAt(object, "metadata") ?? {};
  const labels = objectAt(metadata, "labels") ?? {};
  const name = textAt(metadata, "name");
  const spec = filled(objectAt(object, "spec") ?? {}, { finalizers: ["kubernetes"] });
  if (name === "") return { ...object, spec };
  const named = { ...labels, "kubernetes.io/metadata.name": name };
  return { ...object, metadata: { ...metadata, labels: named }, spec };
}
