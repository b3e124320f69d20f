/**
 * What an object takes of a quota: pods what they ask for while they have not ended, claims their
 * storage, Services their ports, and every object itself.
 *
 * Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/ and k8s.io/kubernetes,
 * pkg/quota/v1/evaluator/core.
 */
import {
  type KubeObject,
  objectsAt,
  type Quantity,
  type Resource,
  textAt,
  valueAt,
} from "@beemesh/model";
import { podResources } from "./pod-resources.ts";
import { one, type ResourceList, resourcesAt } from "./resource-list.ts";

/** Which kind of objects is meant. */
export type Counted = Pick<Resource, "group" | "name">;

/** Kinds that are counted by their plain name too, as in the first days of quotas. */
const plainlyCounted = new Set([
  "configmaps",
  "persistentvolumeclaims",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
]);

/** What of a pod is counted under its own name as well as with a prefix. */
const computeNames = ["cpu", "memory", "ephemeral-storage"];

const hugePagesPrefix = "hugepages-";
const requestsPrefix = "requests.";
const classInfix = ".storageclass.storage.k8s.io/";

/** Names by which any object of a kind is counted: `count/deployments.apps`. */
function countNames({ group, name }: Counted): readonly string[] {
  const qualified = `count/${name}${group === "" ? "" : `.${group}`}`;
  return group === "" && plainlyCounted.has(name) ? [qualified, name] : [qualified];
}

/** Everything that an object takes. */
export function usageOf(resource: Counted, object: KubeObject): ResourceList {
  const counts = new Map(countNames(resource).map((name) => [name, one] as const));
  if (resource.group !== "") return counts;
  if (resource.name === "pods") return new Map([...counts, ...podUsage(object)]);
  if (resource.name === "persistentvolumeclaims") {
    return new Map([...counts, ...claimUsage(object)]);
  }
  return resource.name === "services" ? new Map([...counts, ...serviceUsage(object)]) : counts;
}

/** Which of the names in a quota this kind of object can take something of. */
export function matchingNames(resource: Counted, names: Iterable<string>): readonly string[] {
  const counts = countNames(resource);
  return [...names].filter((name) => counts.includes(name) || isOwnName(resource, name));
}

function isOwnName({ group, name: plural }: Counted, name: string): boolean {
  if (group !== "") return false;
  if (plural === "services") return ["services.nodeports", "services.loadbalancers"].includes(name);
  if (plural === "persistentvolumeclaims") {
    return name === "requests.storage" || name.includes(classInfix);
  }
  return plural === "pods" && isPodName(name);
}

function isPodName(name: string): boolean {
  if (name === "pods" || name.startsWith(hugePagesPrefix)) return true;
  const bare = name.replace(/^(?:requests|limits)\./u, "");
  if (computeNames.includes(bare)) return true;
  if (name === "requests.storage" || !name.startsWith(requestsPrefix)) return false;
  return bare.startsWith(hugePagesPrefix) || isExtended(bare);
}

/** Resources that somebody's devices provide have a domain in their name. */
function isExtended(name: string): boolean {
  return name.includes("/") && !name.startsWith("kubernetes.io/") && !name.includes(classInfix);
}

/** CPU and memory have to be stated by each container where a quota counts them. */
const demandedNames = new Set(
  ["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
);

/** What a pod fails to state although a quota counts it; empty if nothing. */
export function missingText(pod: KubeObject, names: Iterable<string>): string {
  const missing = new Map<string, string[]>();
  const demanded = [...names].filter((name) => demandedNames.has(name));
  for (const member of ["containers", "initContainers"]) {
    for (const container of objectsAt(pod, "spec", member)) {
      const usage = computeUsage(
        resourcesAt(container, "resources", "requests"),
        resourcesAt(container, "resources", "limits"),
      );
      for (const name of demanded.filter((each) => !usage.has(each))) {
        missing.set(name, [...(missing.get(name) ?? []), textAt(container, "name")]);
      }
    }
  }
  return [...missing]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, containers]) => `${name} for: ${containers.toSorted().join(",")}`)
    .join("; ");
}

function podUsage(pod: KubeObject): ResourceList {
  const phase = textAt(pod, "status", "phase");
  if (phase === "Succeeded" || phase === "Failed") return new Map();
  const usage = computeUsage(podResources(pod, "requests"), podResources(pod, "limits"));
  return new Map([["pods", one], ...usage]);
}

function computeUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const usage = new Map<string, Quantity>();
  for (const [name, quantity] of requests) {
    if (computeNames.includes(name) || name.startsWith(hugePagesPrefix)) usage.set(name, quantity);
    const isCounted =
      computeNames.includes(name) || name.startsWith(hugePagesPrefix) || isExtended(name);
    if (isCounted) usage.set(`${requestsPrefix}${name}`, quantity);
  }
  for (const [name, quantity] of limits) {
    if (computeNames.includes(name)) usage.set(`limits.${name}`, quantity);
  }
  return usage;
}

function claimUsage(claim: KubeObject): ResourceList {
  const storage = resourcesAt(claim, "spec", "resources", "requests").get("storage");
  const annotations = claim.metadata.annotations ?? {};
  const className =
    annotations["volume.beta.kubernetes.io/storage-class"] ??
    textAt(claim, "spec", "storageClassName");
  const usage = new Map<string, Quantity>();
  const prefix = className === "" ? undefined : `${className}${classInfix}`;
  if (prefix !== undefined) usage.set(`${prefix}persistentvolumeclaims`, one);
  if (storage === undefined) return usage;
  usage.set("requests.storage", storage);
  if (prefix !== undefined) usage.set(`${prefix}requests.storage`, storage);
  return usage;
}

function serviceUsage(service: KubeObject): ResourceList {
  const type = textAt(service, "spec", "type");
  const ports = objectsAt(service, "spec", "ports");
  const isBalanced = type === "LoadBalancer";
  const hasNodePorts =
    type === "NodePort" ||
    (isBalanced && valueAt(service, ["spec", "allocateLoadBalancerNodePorts"]) !== false);
  const given = ports.filter(({ nodePort }) => typeof nodePort === "number" && nodePort > 0);
  // Without ports of the node one that names its own still takes it.
  const nodePorts = hasNodePorts ? ports.length : isBalanced ? given.length : 0;
  return new Map([
    ["services.nodeports", countOf(nodePorts)],
    ["services.loadbalancers", countOf(isBalanced ? 1 : 0)],
  ]);
}

function countOf(count: number): Quantity {
  return { nano: BigInt(count) * one.nano, form: "decimal" };
}
