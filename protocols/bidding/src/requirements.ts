import {
  type Container,
  type ContainerStatus,
  type Labels,
  matches,
  type Pod,
  type PodSpec,
  type PodStatus,
  parseBytes,
  parseCpuMillicores,
  type SelectorTerm,
  selectorOf,
  type Toleration,
} from "@beemesh/model";
import { isJsonObject, type Json } from "@beemesh/wire";
import { list } from "./check.ts";
import { isLabelSelector, isTerm, termsMax } from "./selector-shape.ts";

/** A port of the machine itself that a pod takes. */
export interface HostPort {
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  /** The address of the machine; undefined for all that it has. */
  readonly ip?: string;
}

/** A topology spread constraint, with the pods that each domain already has. */
export interface Spread {
  readonly key: string;
  readonly maxSkew: number;
  /** Whether the constraint is a condition rather than a wish. */
  readonly hard: boolean;
  /** Pods by value of the label `key`. Filled in by the author of a task, who knows all pods. */
  readonly counts: Readonly<Record<string, number>>;
}

/** What a pod needs of a machine: plain data, as it travels in a task. */
export interface Requirements {
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
  readonly nodeName?: string;
  readonly nodeSelector: Labels;
  /** Required node affinity: one of the terms must hold; undefined for no condition. */
  readonly affinity?: readonly SelectorTerm[];
  readonly tolerations: readonly Toleration[];
  readonly hostPorts: readonly HostPort[];
  readonly spread: readonly Spread[];
  /** Whether no two pods of the workload may share a machine (required anti-affinity). */
  readonly apart: boolean;
  /**
   * What the machine must have to run the pod, as its RuntimeClass says; undefined for any. Filled
   * in by the author of a task, who knows the class.
   */
  readonly runtimeHandler?: string;
}

/** The label that names a machine. */
export const hostnameLabel = "kubernetes.io/hostname";

/** Reads what a pod needs. The pod has been validated. */
export function requirementsOf(pod: Pod): Requirements {
  const { spec } = pod;
  const { overhead = {} } = spec;
  const affinity = requiredNodeAffinity(spec.affinity);
  return {
    cpuMillicores: wholeOf(requestOf(pod, "cpu") + (parseCpuMillicores(overhead["cpu"]) ?? 0)),
    memoryBytes: wholeOf(requestOf(pod, "memory") + (parseBytes(overhead["memory"]) ?? 0)),
    ...(spec.nodeName !== undefined && { nodeName: spec.nodeName }),
    nodeSelector: spec.nodeSelector ?? {},
    ...(affinity !== undefined && { affinity }),
    tolerations: spec.tolerations ?? [],
    hostPorts: hostPortsOf(spec),
    spread: (spec.topologySpreadConstraints ?? []).map((constraint) => ({
      key: constraint.topologyKey,
      maxSkew: constraint.maxSkew,
      hard: constraint.whenUnsatisfiable === "DoNotSchedule",
      counts: {},
    })),
    apart: isApart(spec.affinity, pod.metadata.labels ?? {}),
  };
}

/**
 * The request of a pod: its containers together, or the hungriest of the init containers, which
 * run one by one, each beside the sidecars started before it.
 *
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
function requestOf(pod: Pod, resource: "cpu" | "memory"): number {
  const { spec } = pod;
  const requestOfContainer = (container: Container): number => heldBy(pod, container, resource);
  let sidecars = 0;
  let initPeak = 0;
  for (const container of spec.initContainers ?? []) {
    const amount = requestOfContainer(container);
    if (container.restartPolicy === "Always") sidecars += amount;
    initPeak = Math.max(
      initPeak,
      container.restartPolicy === "Always" ? sidecars : sidecars + amount,
    );
  }
  const together = spec.containers.reduce(
    (sum, container) => sum + requestOfContainer(container),
    sidecars,
  );
  return Math.max(together, initPeak);
}

/** Rounds up, but for what binary fractions add to decimal ones. */
function wholeOf(amount: number): number {
  return Math.max(0, Math.ceil(amount - 1e-6));
}

/**
 * What a container takes of its machine: what it asks for, or what it has been given if that is
 * more. What no machine can give it does not get.
 *
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
function heldBy(
  { status }: Pod,
  { name, resources }: Container,
  resource: "cpu" | "memory",
): number {
  const amountOf = (amount: string | number | undefined): number =>
    (resource === "cpu" ? parseCpuMillicores(amount) : parseBytes(amount)) ?? 0;
  // A limit without a request is the request, as the API server defaults it.
  const asked = amountOf(resources?.requests?.[resource] ?? resources?.limits?.[resource]);
  const given = status && givenTo(status, name)?.[resource];
  if (given === undefined) return asked;
  return isInfeasible(status) ? amountOf(given) : Math.max(asked, amountOf(given));
}

function givenTo(
  { containerStatuses = [], initContainerStatuses = [] }: PodStatus,
  name: string,
): ContainerStatus["allocatedResources"] {
  const statuses = [...containerStatuses, ...initContainerStatuses];
  return statuses.find((each) => each.name === name)?.allocatedResources;
}

function isInfeasible(status: PodStatus | undefined): boolean {
  return (status?.conditions ?? []).some(
    ({ type, reason }) => type === "PodResizePending" && reason === "Infeasible",
  );
}

function hostPortsOf(spec: PodSpec): HostPort[] {
  return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ hostPort = 0, hostIP = "", protocol = "TCP" }) => {
      if (hostPort === 0) return [];
      return [{ port: hostPort, protocol, ...(everywhere.has(hostIP) ? {} : { ip: hostIP }) }];
    }),
  );
}

/** What a hostIP may be that means every address. */
const everywhere: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);

function requiredNodeAffinity(affinity: unknown): readonly SelectorTerm[] | undefined {
  const terms = memberAt(affinity, "nodeAffinity", required, "nodeSelectorTerms");
  return list(isTerm, termsMax)(terms) ? terms : undefined;
}

/** Whether a required anti-affinity term keeps the pod from machines with pods like itself. */
function isApart(affinity: unknown, labels: Labels): boolean {
  const terms = memberAt(affinity, "podAntiAffinity", required);
  if (!list(isJsonObject, termsMax)(terms)) return false;
  return terms.some(({ topologyKey, labelSelector }) => {
    if (topologyKey !== hostnameLabel || !isLabelSelector(labelSelector)) return false;
    return matches(selectorOf(labelSelector), labels);
  });
}

const required = "requiredDuringSchedulingIgnoredDuringExecution";

function memberAt(value: unknown, ...path: readonly string[]): Json | undefined {
  if (!isJsonObject(value)) return undefined;
  let found: Json | undefined = value;
  for (const member of path) found = isJsonObject(found) ? found[member] : undefined;
  return found;
}
