import { isIngressAllowed, type PolicyPod } from "@beemesh/policy";
import type { PeerId } from "@beemesh/wire";
import {
  type AdmittedProtocol,
  type Caller,
  ingressPeer,
  isIngressCaller,
  type PodFacts,
  type TransportProtocol,
} from "@beemesh/workload";
import { type Catalog, namespaceNameLabel } from "./catalog.ts";
import { callerOf, policyPodOf } from "./surroundings.ts";

/** Whether a caller may enter. `cause` is a stable word for metrics; empty if it may. */
export interface Admission {
  readonly allowed: boolean;
  readonly reason: string;
  readonly cause: "" | "certificate" | "policy";
}

/** What is known of machines: which is which, and who may certify for which namespace. */
export interface Authorities {
  /** The key of a machine, by the name of its Node. */
  readonly peerOf: (machine: string) => PeerId | undefined;
  /** Whether a machine may sign for a namespace, and so for its workloads. */
  readonly mayAuthor: (peer: PeerId, namespace: string) => boolean;
}

/**
 * Whether who showed a certificate may enter a pod at a port: the machine that signed it must have
 * authority over the namespace that it names; a caller whose record is known must be who it says,
 * on that machine; and the policies of the pod's namespace must let it in. A caller of which no
 * record is known is let in only by what holds of every pod of its namespace. A program outside
 * containers is entered at the ports that its record lists, and at no other: all else on its
 * address is its machine's own.
 *
 * The ingress of a machine is a peer of its own, `ingressPeer`: it has no record, and its machine
 * needs authority over the namespace that it brings requests to, or over that of all ingresses.
 *
 * Words of replicas to each other are no matter of policy, and only of replicas that are known.
 */
export function admissionOf(
  catalog: Catalog,
  authorities: Authorities,
  pod: PodFacts,
  call: {
    readonly caller: Caller;
    readonly protocol: AdmittedProtocol;
    readonly port: number;
  },
): Admission {
  const { caller, protocol, port } = call;
  const flaw = flawOf(catalog, authorities, caller, pod);
  if (flaw !== "") return { allowed: false, reason: flaw, cause: "certificate" };
  if (protocol === "watch") return watching(catalog, pod, caller);
  const closed = whyClosed(catalog, pod, { protocol, port });
  if (closed !== "") return { allowed: false, reason: closed, cause: "policy" };
  const target = callerOf(catalog, pod);
  const source = { kind: "pod", pod: sourceOf(catalog, caller) } as const;
  const at = { protocol: protocol === "tcp" ? "TCP" : "UDP", port } as const;
  const policies = catalog.policies(pod.namespace);
  const { allowed, reason } = isIngressAllowed(policies, target, source, at);
  return { allowed, reason, cause: allowed ? "" : "policy" };
}

function watching(catalog: Catalog, pod: PodFacts, { uid }: Caller): Admission {
  const owner = catalog.workload(pod.uid)?.owner ?? "";
  const allowed = owner !== "" && catalog.workload(uid)?.owner === owner;
  if (allowed) return { allowed, reason: "", cause: "" };
  return { allowed, reason: `${uid} is no replica of ${pod.name}`, cause: "policy" };
}

/** What is wrong with a certificate that was signed rightly; empty if nothing is. */
function flawOf(
  catalog: Catalog,
  { peerOf, mayAuthor }: Authorities,
  caller: Caller,
  pod: PodFacts,
): string {
  const { uid, namespace, serviceAccount, issuer } = caller;
  const isOwnIngress = isIngressCaller(caller) && mayAuthor(issuer, pod.namespace);
  if (!isOwnIngress && !mayAuthor(issuer, namespace)) {
    return `${issuer} has no authority over namespace ${namespace}`;
  }
  const record = catalog.workload(uid);
  if (record === undefined) return "";
  if (record.namespace !== namespace) return `${uid} is not of namespace ${namespace}`;
  if (record.serviceAccount !== serviceAccount) {
    return `${namespace}/${record.name} has not the service account ${serviceAccount}`;
  }
  const machine = record.machine === "" ? undefined : peerOf(record.machine);
  if (machine === issuer) return "";
  return `${namespace}/${record.name} is not on the machine of ${issuer}`;
}

/** Why a program is not entered at a port, whoever comes; empty if it may be, and for pods. */
function whyClosed(
  catalog: Catalog,
  { uid }: PodFacts,
  { protocol, port }: { readonly protocol: TransportProtocol; readonly port: number },
): string {
  const record = catalog.workload(uid);
  if (record?.kind !== "ExternalWorkload") return "";
  const isListed = record.ports.some(
    (each) => each.port === port && each.protocol.toLowerCase() === protocol,
  );
  const { namespace, name } = record;
  return isListed ? "" : `program ${namespace}/${name} does not list ${protocol} port ${port}`;
}

function sourceOf(catalog: Catalog, caller: Caller): PolicyPod {
  const { uid, namespace } = caller;
  const record = catalog.workload(uid);
  if (record !== undefined) return policyPodOf(catalog, record);
  const place = catalog.namespace(namespace);
  if (isIngressCaller(caller)) {
    const { serviceAccount: name, labels } = ingressPeer;
    // Its namespace has its name as a label, also while there is no record of it.
    const own = { ...place, labels: { ...place.labels, [namespaceNameLabel]: namespace } };
    return { uid, name, namespace: own, labels, ips: [], ports: [] };
  }
  return { uid, name: uid, namespace: place, labels: undefined, ips: [], ports: [] };
}
