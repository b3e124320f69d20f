/** A kind that the API serves, and how its requests name it. */
export interface Resource {
  /** Plural, lower case: `deployments`. */
  readonly name: string;
  readonly singular: string;
  readonly kind: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Whether `metadata.generation` counts changes of the specification. */
  readonly hasGeneration: boolean;
  /** Whether the status is written only through the status subresource. */
  readonly hasStatus: boolean;
  readonly hasScale: boolean;
}

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

function resource(
  name: string,
  kind: string,
  rest: Partial<Omit<Resource, "name" | "kind">> = {},
): Resource {
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

/** Every kind that the API serves. A kind is added here, in the schema and in the printers. */
export const resources: readonly Resource[] = [
  resource("namespaces", "Namespace", { namespaced: false, shortNames: ["ns"], hasStatus: true }),
  resource("nodes", "Node", { namespaced: false, shortNames: ["no"], hasStatus: true }),
  resource("pods", "Pod", {
    shortNames: ["po"],
    categories: ["all"],
    hasStatus: true,
    hasGeneration: true,
  }),
  resource("services", "Service", { shortNames: ["svc"], categories: ["all"], hasStatus: true }),
  resource("endpoints", "Endpoints", { shortNames: ["ep"] }),
  resource("configmaps", "ConfigMap", { shortNames: ["cm"] }),
  resource("secrets", "Secret"),
  resource("events", "Event", { shortNames: ["ev"] }),
  resource("serviceaccounts", "ServiceAccount", { shortNames: ["sa"] }),
  resource("deployments", "Deployment", {
    group: "apps",
    shortNames: ["deploy"],
    categories: ["all"],
    hasGeneration: true,
    hasStatus: true,
    hasScale: true,
  }),
  resource("replicasets", "ReplicaSet", {
    group: "apps",
    shortNames: ["rs"],
    categories: ["all"],
    hasGeneration: true,
    hasStatus: true,
    hasScale: true,
  }),
  resource("jobs", "Job", {
    group: "batch",
    categories: ["all"],
    hasGeneration: true,
    hasStatus: true,
  }),
  resource("cronjobs", "CronJob", {
    group: "batch",
    shortNames: ["cj"],
    categories: ["all"],
    hasGeneration: true,
    hasStatus: true,
  }),
  resource("endpointslices", "EndpointSlice", { group: "discovery.k8s.io" }),
  resource("networkpolicies", "NetworkPolicy", {
    group: "networking.k8s.io",
    shortNames: ["netpol"],
    hasGeneration: true,
  }),
  resource("ingresses", "Ingress", {
    group: "networking.k8s.io",
    shortNames: ["ing"],
    hasGeneration: true,
    hasStatus: true,
  }),
  resource("ingressclasses", "IngressClass", {
    group: "networking.k8s.io",
    namespaced: false,
    hasGeneration: true,
  }),
  resource("externalworkloads", "ExternalWorkload", {
    group: "beemesh.io",
    shortNames: ["xw"],
    hasGeneration: true,
    hasStatus: true,
  }),
];

/** The resource that requests call `name` in `group`, such as `deployments` in `apps`. */
export function findResource(group: string, name: string): Resource | undefined {
  return resources.find((candidate) => candidate.group === group && candidate.name === name);
}

/** The resource of an object's `apiVersion` and `kind`. */
export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return resources.find(
    (candidate) => candidate.kind === kind && apiVersionOf(candidate) === apiVersion,
  );
}

/** `apps/v1` of a Deployment, `v1` of a Pod. */
export function apiVersionOf({ group, version }: Pick<Resource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}
