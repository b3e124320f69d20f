/** Where the collections of the API stand. */

const clusterWide = { isNamespaced: false } as const;
const namespaced = { isNamespaced: true } as const;

/** The resources that tests speak of, by their plural. */
const resources = {
  namespaces: { base: "/api/v1", ...clusterWide },
  nodes: { base: "/api/v1", ...clusterWide },
  persistentvolumes: { base: "/api/v1", ...clusterWide },
  pods: { base: "/api/v1", ...namespaced },
  services: { base: "/api/v1", ...namespaced },
  endpoints: { base: "/api/v1", ...namespaced },
  configmaps: { base: "/api/v1", ...namespaced },
  secrets: { base: "/api/v1", ...namespaced },
  events: { base: "/api/v1", ...namespaced },
  serviceaccounts: { base: "/api/v1", ...namespaced },
  persistentvolumeclaims: { base: "/api/v1", ...namespaced },
  podtemplates: { base: "/api/v1", ...namespaced },
  replicationcontrollers: { base: "/api/v1", ...namespaced },
  limitranges: { base: "/api/v1", ...namespaced },
  resourcequotas: { base: "/api/v1", ...namespaced },
  deployments: { base: "/apis/apps/v1", ...namespaced },
  replicasets: { base: "/apis/apps/v1", ...namespaced },
  statefulsets: { base: "/apis/apps/v1", ...namespaced },
  daemonsets: { base: "/apis/apps/v1", ...namespaced },
  controllerrevisions: { base: "/apis/apps/v1", ...namespaced },
  jobs: { base: "/apis/batch/v1", ...namespaced },
  cronjobs: { base: "/apis/batch/v1", ...namespaced },
  poddisruptionbudgets: { base: "/apis/policy/v1", ...namespaced },
  priorityclasses: { base: "/apis/scheduling.k8s.io/v1", ...clusterWide },
  runtimeclasses: { base: "/apis/node.k8s.io/v1", ...clusterWide },
  leases: { base: "/apis/coordination.k8s.io/v1", ...namespaced },
  newevents: { base: "/apis/events.k8s.io/v1", ...namespaced },
  endpointslices: { base: "/apis/discovery.k8s.io/v1", ...namespaced },
  ingresses: { base: "/apis/networking.k8s.io/v1", ...namespaced },
  ingressclasses: { base: "/apis/networking.k8s.io/v1", ...clusterWide },
  ipaddresses: { base: "/apis/networking.k8s.io/v1", ...clusterWide },
  servicecidrs: { base: "/apis/networking.k8s.io/v1", ...clusterWide },
  deviceclasses: { base: "/apis/resource.k8s.io/v1", ...clusterWide },
  resourceclaims: { base: "/apis/resource.k8s.io/v1", ...namespaced },
  resourceclaimtemplates: { base: "/apis/resource.k8s.io/v1", ...namespaced },
  resourceslices: { base: "/apis/resource.k8s.io/v1", ...clusterWide },
  storageclasses: { base: "/apis/storage.k8s.io/v1", ...clusterWide },
  csidrivers: { base: "/apis/storage.k8s.io/v1", ...clusterWide },
  csinodes: { base: "/apis/storage.k8s.io/v1", ...clusterWide },
  csistoragecapacities: { base: "/apis/storage.k8s.io/v1", ...namespaced },
  volumeattachments: { base: "/apis/storage.k8s.io/v1", ...clusterWide },
  volumeattributesclasses: { base: "/apis/storage.k8s.io/v1", ...clusterWide },
  certificatesigningrequests: { base: "/apis/certificates.k8s.io/v1", ...clusterWide },
  clusterroles: { base: "/apis/rbac.authorization.k8s.io/v1", ...clusterWide },
  clusterrolebindings: { base: "/apis/rbac.authorization.k8s.io/v1", ...clusterWide },
  validatingadmissionpolicies: { base: "/apis/admissionregistration.k8s.io/v1", ...clusterWide },
  validatingadmissionpolicybindings: {
    base: "/apis/admissionregistration.k8s.io/v1",
    ...clusterWide,
  },
  validatingwebhookconfigurations: {
    base: "/apis/admissionregistration.k8s.io/v1",
    ...clusterWide,
  },
  mutatingwebhookconfigurations: { base: "/apis/admissionregistration.k8s.io/v1", ...clusterWide },
  flowschemas: { base: "/apis/flowcontrol.apiserver.k8s.io/v1", ...clusterWide },
  prioritylevelconfigurations: { base: "/apis/flowcontrol.apiserver.k8s.io/v1", ...clusterWide },
} as const;

export type ResourceName = keyof typeof resources;

/** Whether objects of a resource stand in namespaces. */
export function isNamespaced(name: ResourceName): boolean {
  return resources[name].isNamespaced;
}

/** The path of the group and version that a resource is in, such as `/apis/apps/v1`. */
export function baseOf(name: ResourceName): string {
  return resources[name].base;
}

/** What a resource is called in paths. */
export function pluralOf(name: ResourceName): string {
  return name === "newevents" ? "events" : name;
}

/** The path of a collection: in a namespace if its objects stand in one and one is given. */
export function pathOf(name: ResourceName, namespace = ""): string {
  const middle = isNamespaced(name) && namespace !== "" ? `/namespaces/${namespace}` : "";
  return `${baseOf(name)}${middle}/${pluralOf(name)}`;
}

/** The group and version of a resource, as objects name it. */
export function apiVersionOf(name: ResourceName): string {
  return baseOf(name).replace(/^\/apis?\//u, "");
}
