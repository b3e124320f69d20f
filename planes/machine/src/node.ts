import { apiMark, type Condition, ingressAddressMark, type KubeObject } from "@beemesh/model";
import type { PeerId } from "@beemesh/wire";

/** What a machine says of itself, measured by the daemon. */
export interface NodeFacts {
  /** The machine's name: a DNS subdomain of at most 253 characters. */
  readonly name: string;
  readonly peer: PeerId;
  readonly labels: Readonly<Record<string, string>>;
  /** Multiaddrs that other machines may reach it at. */
  readonly addresses: readonly string[];
  /** Where other machines bring connections for its pods, `ip:port` each; none if left out. */
  readonly workloadAddresses?: readonly string[];
  /** The certificate of the key that signs its tokens, base64 of DER; none if left out. */
  readonly tokenCertificate?: string;
  /** IPv4 or IPv6 address for `kubectl get nodes -o wide`. */
  readonly hostIp: string;
  /** Where the network reaches the Ingresses on this machine; undefined if it does not. */
  readonly ingressAddress?: string | undefined;
  /** Where the network reaches ports that Services and pods take of it; undefined if nowhere. */
  readonly nodePortAddress?: string | undefined;
  /** The port of its API; left out if that is any that is free. */
  readonly apiPort?: number;
  readonly cpuMillicores: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly podsMax: number;
  /** What RuntimeClasses may ask of this machine by their handlers. */
  readonly runtimeHandlers: readonly string[];
  readonly system: {
    readonly architecture: string;
    readonly operatingSystem: string;
    readonly osImage: string;
    readonly kernelVersion: string;
    readonly runtimeVersion: string;
    readonly version: string;
    readonly machineId: string;
    readonly bootId: string;
  };
}

/** What can be wrong with a machine, each with a sentence for people; empty when it is well. */
export interface NodeHealth {
  readonly runtime: string;
  readonly disk: string;
  readonly clock: string;
}

/** The annotation and label names of a Node that other machines read. */
export const nodeMarks = {
  peer: "beemesh.io/peer-id",
  addresses: "beemesh.io/addresses",
  workloadAddresses: "beemesh.io/workload-addresses",
  tokenCertificate: "beemesh.io/token-certificate",
  nodePortAddress: "beemesh.io/node-port-address",
} as const;

/**
 * The Node object of this machine: what was stored before (a cordon, a taint, labels by users)
 * with what the machine now knows of itself.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/
 */
export function makeNode(
  facts: NodeFacts,
  before: KubeObject | undefined,
  made: { readonly uid: string; readonly timestamp: string },
): KubeObject {
  const metadata = before?.metadata;
  const {
    [ingressAddressMark]: _ingress,
    [nodeMarks.nodePortAddress]: _ports,
    ...annotations
  } = metadata?.annotations ?? {};
  return {
    apiVersion: "v1",
    kind: "Node",
    ...before,
    metadata: {
      ...metadata,
      name: facts.name,
      uid: metadata?.uid ?? made.uid,
      creationTimestamp: metadata?.creationTimestamp ?? made.timestamp,
      labels: {
        ...metadata?.labels,
        "kubernetes.io/hostname": facts.name,
        "kubernetes.io/os": facts.system.operatingSystem,
        "kubernetes.io/arch": facts.system.architecture,
        ...facts.labels,
      },
      annotations: { ...annotations, ...marksOf(facts) },
    },
    spec: before?.spec ?? {},
  };
}

/** How others reach this machine, and what stands on it. */
function marksOf(facts: NodeFacts): Readonly<Record<string, string>> {
  const { addresses, apiPort, ingressAddress, peer, tokenCertificate, workloadAddresses } = facts;
  return {
    [nodeMarks.peer]: peer,
    [nodeMarks.addresses]: addresses.join(","),
    ...(workloadAddresses && { [nodeMarks.workloadAddresses]: workloadAddresses.join(",") }),
    ...(tokenCertificate && { [nodeMarks.tokenCertificate]: tokenCertificate }),
    ...(apiPort && { [apiMark]: String(apiPort) }),
    ...(facts.nodePortAddress && { [nodeMarks.nodePortAddress]: facts.nodePortAddress }),
    ...(ingressAddress && { [ingressAddressMark]: ingressAddress }),
  };
}

/**
 * The status of this machine's Node.
 *
 * @param timestamp - RFC 3339; conditions that did not change keep the time they had.
 */
export function nodeStatus(
  facts: NodeFacts,
  health: NodeHealth,
  before: readonly Condition[],
  timestamp: string,
): Readonly<Record<string, unknown>> {
  const resources = {
    cpu: `${facts.cpuMillicores}m`,
    memory: `${Math.floor(facts.memoryBytes / 1024)}Ki`,
    "ephemeral-storage": `${Math.floor(facts.diskBytes / 1024)}Ki`,
    pods: String(facts.podsMax),
  };
  const { system } = facts;
  return {
    capacity: resources,
    allocatable: resources,
    conditions: conditionsOf(health).map((current) => keepTime(current, before, timestamp)),
    addresses: [
      { type: "InternalIP", address: facts.hostIp },
      { type: "Hostname", address: facts.name },
    ],
    runtimeHandlers: facts.runtimeHandlers.map((name) => ({ name })),
    daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
    nodeInfo: {
      machineID: system.machineId,
      systemUUID: system.machineId,
      bootID: system.bootId,
      kernelVersion: system.kernelVersion,
      osImage: system.osImage,
      containerRuntimeVersion: system.runtimeVersion,
      kubeletVersion: system.version,
      kubeProxyVersion: system.version,
      operatingSystem: system.operatingSystem,
      architecture: system.architecture,
    },
  };
}

function conditionsOf(health: NodeHealth): Condition[] {
  const trouble = [health.runtime, health.disk].filter((text) => text !== "").join("; ");
  return [
    health.disk === ""
      ? condition("DiskPressure", "False", "DiskHasSpace", "The disk takes what is written")
      : condition("DiskPressure", "True", "DiskFull", health.disk),
    condition("MemoryPressure", "False", "MemoryIsSufficient", "There is memory left"),
    condition("PIDPressure", "False", "ProcessesAreFew", "There are process ids left"),
    health.clock === ""
      ? condition("ClockSkewed", "False", "ClockAgrees", "The clock agrees with the mesh")
      : condition("ClockSkewed", "True", "ClockDisagrees", health.clock),
    trouble === ""
      ? condition("Ready", "True", "MachineReady", "The machine runs pods")
      : condition("Ready", "False", "MachineTrouble", trouble),
  ];
}

function condition(
  type: string,
  status: Condition["status"],
  reason: string,
  message: string,
): Condition {
  return { type, status, reason, message };
}

/**
 * A condition that says what it said before has changed when it changed then. It is told when it
 * changes, not at every beat: that a machine lives is known without its record.
 */
function keepTime(current: Condition, before: readonly Condition[], timestamp: string): Condition {
  const same = before.find(
    ({ type, status }) => type === current.type && status === current.status,
  );
  const { reason, message, lastHeartbeatTime = timestamp } = same ?? {};
  const isSame = reason === current.reason && message === current.message;
  return {
    ...current,
    lastHeartbeatTime: isSame ? lastHeartbeatTime : timestamp,
    lastTransitionTime: same?.lastTransitionTime ?? timestamp,
  };
}
