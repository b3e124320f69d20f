/**
 * The rows of the kinds: what each is called, and what the API does with its objects.
 *
 * Source: the discovery documents of Kubernetes 1.36 (api/discovery of kubernetes/kubernetes).
 */
import type { Resource } from "./resource.ts";

const allVerbs = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

type Rest = Partial<Omit<Resource, "name" | "kind">>;

function resource(name: string, kind: string, rest: Rest = {}): Resource {
  return {
    name,
    kind,
    singular: kind.toLowerCase(),
    group: "",
    version: "v1",
    namespaced: true,
    shortNames: [],
    categories: [],
    verbs: allVerbs,
    hasGeneration: false,
    hasStatus: false,
    hasScale: false,
    ...rest,
  };
}

/** The rows of one group. */
function inGroup(group: string, rows: readonly Resource[]): readonly Resource[] {
  return rows.map((row) => ({ ...row, group }));
}

const cluster = { namespaced: false } as const;
const all = { categories: ["all"] } as const;
const status = { hasStatus: true } as const;
const counted = { hasGeneration: true } as const;
const specAndStatus = { hasGeneration: true, hasStatus: true } as const;
const scaled = { ...specAndStatus, hasScale: true } as const;
const extensions = { categories: ["api-extensions"] } as const;

function short(...shortNames: readonly string[]): { readonly shortNames: readonly string[] } {
  return { shortNames };
}

const coreRows = [
  resource("namespaces", "Namespace", { ...cluster, ...short("ns"), ...status }),
  resource("nodes", "Node", { ...cluster, ...short("no"), ...status }),
  resource("pods", "Pod", { ...short("po"), ...all, ...specAndStatus }),
  resource("services", "Service", { ...short("svc"), ...all, ...status }),
  resource("endpoints", "Endpoints", short("ep")),
  resource("configmaps", "ConfigMap", short("cm")),
  resource("secrets", "Secret"),
  resource("events", "Event", short("ev")),
  resource("serviceaccounts", "ServiceAccount", short("sa")),
  resource("persistentvolumes", "PersistentVolume", { ...cluster, ...short("pv"), ...status }),
  resource("persistentvolumeclaims", "PersistentVolumeClaim", { ...short("pvc"), ...status }),
  resource("podtemplates", "PodTemplate", counted),
  resource("replicationcontrollers", "ReplicationController", {
    ...short("rc"),
    ...all,
    ...scaled,
  }),
  resource("limitranges", "LimitRange", short("limits")),
  resource("resourcequotas", "ResourceQuota", { ...short("quota"), ...status }),
];

const workloadRows = [
  ...inGroup("apps", [
    resource("deployments", "Deployment", { ...short("deploy"), ...all, ...scaled }),
    resource("replicasets", "ReplicaSet", { ...short("rs"), ...all, ...scaled }),
    resource("statefulsets", "StatefulSet", { ...short("sts"), ...all, ...scaled }),
    resource("daemonsets", "DaemonSet", { ...short("ds"), ...all, ...specAndStatus }),
    resource("controllerrevisions", "ControllerRevision"),
  ]),
  ...inGroup("batch", [
    resource("jobs", "Job", { ...all, ...specAndStatus }),
    resource("cronjobs", "CronJob", { ...short("cj"), ...all, ...specAndStatus }),
  ]),
  ...inGroup("autoscaling", [
    resource("horizontalpodautoscalers", "HorizontalPodAutoscaler", {
      version: "v2",
      ...short("hpa"),
      ...all,
      ...status,
    }),
  ]),
  ...inGroup("policy", [
    resource("poddisruptionbudgets", "PodDisruptionBudget", { ...short("pdb"), ...specAndStatus }),
  ]),
  ...inGroup("scheduling.k8s.io", [
    resource("priorityclasses", "PriorityClass", { ...cluster, ...short("pc"), ...counted }),
  ]),
  ...inGroup("node.k8s.io", [resource("runtimeclasses", "RuntimeClass", cluster)]),
  ...inGroup("coordination.k8s.io", [resource("leases", "Lease")]),
];

const networkRows = [
  ...inGroup("discovery.k8s.io", [resource("endpointslices", "EndpointSlice")]),
  ...inGroup("networking.k8s.io", [
    resource("networkpolicies", "NetworkPolicy", { ...short("netpol"), ...counted }),
    resource("ingresses", "Ingress", { ...short("ing"), ...specAndStatus }),
    resource("ingressclasses", "IngressClass", { ...cluster, ...counted }),
    resource("ipaddresses", "IPAddress", { ...cluster, ...short("ip") }),
    resource("servicecidrs", "ServiceCIDR", { ...cluster, ...status }),
  ]),
  ...inGroup("beemesh.io", [
    resource("externalworkloads", "ExternalWorkload", { ...short("xw"), ...specAndStatus }),
  ]),
];

const storageRows = inGroup("storage.k8s.io", [
  resource("storageclasses", "StorageClass", { ...cluster, ...short("sc") }),
  resource("csidrivers", "CSIDriver", { ...cluster, ...counted }),
  resource("csinodes", "CSINode", cluster),
  resource("csistoragecapacities", "CSIStorageCapacity"),
  resource("volumeattachments", "VolumeAttachment", { ...cluster, ...status }),
  resource("volumeattributesclasses", "VolumeAttributesClass", { ...cluster, ...short("vac") }),
]);

const deviceRows = inGroup("resource.k8s.io", [
  resource("deviceclasses", "DeviceClass", { ...cluster, ...counted }),
  resource("resourceclaims", "ResourceClaim", status),
  resource("resourceclaimtemplates", "ResourceClaimTemplate"),
  resource("resourceslices", "ResourceSlice", { ...cluster, ...counted }),
]);

const accessRows = [
  ...inGroup("rbac.authorization.k8s.io", [
    resource("roles", "Role"),
    resource("rolebindings", "RoleBinding"),
    resource("clusterroles", "ClusterRole", cluster),
    resource("clusterrolebindings", "ClusterRoleBinding", cluster),
  ]),
  ...inGroup("certificates.k8s.io", [
    resource("certificatesigningrequests", "CertificateSigningRequest", {
      ...cluster,
      ...short("csr"),
      ...status,
    }),
  ]),
];

const extensionRows = [
  ...inGroup("apiextensions.k8s.io", [
    resource("customresourcedefinitions", "CustomResourceDefinition", {
      ...cluster,
      ...short("crd", "crds"),
      ...extensions,
      ...specAndStatus,
    }),
  ]),
  ...inGroup("admissionregistration.k8s.io", [
    resource("mutatingwebhookconfigurations", "MutatingWebhookConfiguration", {
      ...cluster,
      ...extensions,
      ...counted,
    }),
    resource("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", {
      ...cluster,
      ...extensions,
      ...counted,
    }),
    resource("validatingadmissionpolicies", "ValidatingAdmissionPolicy", {
      ...cluster,
      ...extensions,
      ...specAndStatus,
    }),
    resource("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", {
      ...cluster,
      ...extensions,
      ...counted,
    }),
  ]),
  ...inGroup("flowcontrol.apiserver.k8s.io", [
    resource("flowschemas", "FlowSchema", { ...cluster, ...specAndStatus }),
    resource("prioritylevelconfigurations", "PriorityLevelConfiguration", {
      ...cluster,
      ...specAndStatus,
    }),
  ]),
];

/** Every kind that the API keeps. A kind is added here and, for its columns, in the printers. */
export const resourceRows: readonly Resource[] = [
  ...coreRows,
  ...workloadRows,
  ...networkRows,
  ...storageRows,
  ...deviceRows,
  ...accessRows,
  ...extensionRows,
];
