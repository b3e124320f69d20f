/**
 * The roles and bindings that every cluster has, computed instead of written: a mesh of a
 * thousand machines has no record of them until somebody changes one.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
 * and k8s.io/kubernetes, plugin/pkg/auth/authorizer/rbac/bootstrappolicy.
 */
import type { KubeObject } from "@beemesh/model";
import type { PolicyRule } from "./rule.ts";

export const rbacGroup = "rbac.authorization.k8s.io";

/** Says whether a default is kept up to date; "false" leaves it to whoever wrote it. */
export const autoUpdateMark = `${rbacGroup}/autoupdate`;

const read = "get,list,watch";
const write = "create,delete,deletecollection,patch,update";

/** A line is: verbs, groups (`-` for the core group), resources. */
const viewRules = `
${read} - configmaps,endpoints,events,limitranges,namespaces,namespaces/status,\
persistentvolumeclaims,persistentvolumeclaims/status,pods,pods/log,pods/status,\
replicationcontrollers,replicationcontrollers/scale,replicationcontrollers/status,\
resourcequotas,resourcequotas/status,serviceaccounts,services,services/status,bindings
${read} apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,\
deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,\
statefulsets/scale,statefulsets/status
${read} autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status
${read} batch cronjobs,cronjobs/status,jobs,jobs/status
${read} beemesh.io externalworkloads,externalworkloads/status
${read} discovery.k8s.io endpointslices
${read} metrics.k8s.io nodes,pods
${read} networking.k8s.io ingresses,ingresses/status,networkpolicies
${read} policy poddisruptionbudgets,poddisruptionbudgets/status
`;

const editRules = `
${read} - pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy
impersonate - serviceaccounts
${write} - pods,pods/attach,pods/exec,pods/portforward,pods/proxy
create - pods/eviction,serviceaccounts/token
${write} - configmaps,events,persistentvolumeclaims,replicationcontrollers,\
replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy
${write} apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,\
replicasets/scale,statefulsets,statefulsets/scale
${write} autoscaling horizontalpodautoscalers
${write} batch cronjobs,jobs
${write} beemesh.io externalworkloads
${write},${read} coordination.k8s.io leases
${write} networking.k8s.io ingresses,networkpolicies
${write} policy poddisruptionbudgets
`;

const adminRules = `
create authorization.k8s.io localsubjectaccessreviews
${write},${read} ${rbacGroup} rolebindings,roles
`;

/** What a machine would ask of another one's API; its own writes are signed records. */
const nodeRules = `
create authentication.k8s.io tokenreviews
create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews
${read} - services,configmaps,secrets,persistentvolumeclaims,persistentvolumes,pods,endpoints
create,get,list,watch - nodes
patch,update - nodes,nodes/status,pods/status
create,delete - pods
create - pods/eviction,serviceaccounts/token
create,patch,update - events
create,get,list,watch certificates.k8s.io certificatesigningrequests
create,delete,get,patch,update coordination.k8s.io leases
${read} discovery.k8s.io endpointslices
${read} storage.k8s.io csidrivers,csinodes,volumeattachments
${read} node.k8s.io runtimeclasses
`;

const health = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

const paths: Readonly<Record<string, readonly string[]>> = {
  "system:discovery": [...health, "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"],
  "system:public-info-viewer": health,
  "system:monitoring": ["/healthz/*", "/livez/*", "/readyz/*", ...health, "/metrics"],
  "system:service-account-issuer-discovery": [
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/",
    "/openid/v1/jwks",
    "/openid/v1/jwks/",
  ],
};

/** Who has a default role everywhere; kind and name of each subject. */
const holders: Readonly<Record<string, readonly (readonly ["Group" | "User", string])[]>> = {
  "cluster-admin": [["Group", "system:masters"]],
  "system:basic-user": [["Group", "system:authenticated"]],
  "system:discovery": [["Group", "system:authenticated"]],
  "system:monitoring": [["Group", "system:monitoring"]],
  "system:public-info-viewer": [
    ["Group", "system:authenticated"],
    ["Group", "system:unauthenticated"],
  ],
  "system:service-account-issuer-discovery": [["Group", "system:serviceaccounts"]],
};

/** Makes an RFC 9562 identifier of a name. */
type UidOf = (name: string) => string;

/** The default ClusterRoles. */
export function defaultRoles(uidOf: UidOf): readonly KubeObject[] {
  const role = (name: string, rest: object, labels: object = {}): KubeObject => ({
    ...rbacObject("ClusterRole", name, uidOf, labels),
    ...rest,
  });
  const gathers = (label: string): object => ({
    aggregationRule: {
      clusterRoleSelectors: [{ matchLabels: { [`${rbacGroup}/aggregate-to-${label}`]: "true" } }],
    },
    rules: [],
  });
  const given = (label: string): object => ({ [`${rbacGroup}/aggregate-to-${label}`]: "true" });
  const basic = `create authentication.k8s.io selfsubjectreviews
create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews`;
  const delegator = `create authentication.k8s.io tokenreviews
create authorization.k8s.io subjectaccessreviews`;
  const everything = [
    { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
    { verbs: ["*"], nonResourceURLs: ["*"] },
  ];
  return [
    role("admin", gathers("admin")),
    role("cluster-admin", { rules: everything }),
    role("edit", gathers("edit"), given("admin")),
    role("system:aggregate-to-admin", { rules: parse(adminRules) }, given("admin")),
    role("system:aggregate-to-edit", { rules: parse(editRules) }, given("edit")),
    role("system:aggregate-to-view", { rules: parse(viewRules) }, given("view")),
    role("system:auth-delegator", { rules: parse(delegator) }),
    role("system:basic-user", { rules: parse(basic) }),
    role("system:node", { rules: parse(nodeRules) }),
    role("view", gathers("view"), given("edit")),
    ...Object.entries(paths).map(([name, nonResourceURLs]) =>
      role(name, { rules: [{ verbs: ["get"], nonResourceURLs }] }),
    ),
  ];
}

/** The default ClusterRoleBindings: each has the name of its role. */
export function defaultBindings(uidOf: UidOf): readonly KubeObject[] {
  return Object.entries(holders).map(([name, subjects]) => ({
    ...rbacObject("ClusterRoleBinding", name, uidOf),
    roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name },
    subjects: subjects.map(([kind, subject]) => ({ apiGroup: rbacGroup, kind, name: subject })),
  }));
}

function rbacObject(kind: string, name: string, uidOf: UidOf, labels: object = {}): KubeObject {
  return {
    apiVersion: `${rbacGroup}/v1`,
    kind,
    metadata: {
      name,
      uid: uidOf(`${kind}/${name}`),
      annotations: { [autoUpdateMark]: "true" },
      labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...labels },
    },
  };
}

function parse(text: string): readonly Partial<PolicyRule>[] {
  const list = (part = ""): string[] => part.split(",").map((each) => (each === "-" ? "" : each));
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [verbs, apiGroups, resources] = line.split(" ").map(list);
      return { verbs: verbs ?? [], apiGroups: apiGroups ?? [], resources: resources ?? [] };
    });
}
