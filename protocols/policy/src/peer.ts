import { type IpAddress, parseIpAddress } from "@beemesh/model";

/** A namespace, as policies see it. */
export interface PolicyNamespace {
  readonly name: string;
  /** `kubernetes.io/metadata.name` among them; undefined if its record is not known. */
  readonly labels: Labels | undefined;
  /** Whether it asks that nothing enters from other namespaces unless a policy allows it. */
  readonly isDefaultDeny: boolean;
}

/** A pod or an attached program, as policies see it. */
export interface PolicyPod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: PolicyNamespace;
  /** Undefined if its record is not known: then only what selects every pod selects it. */
  readonly labels: Labels | undefined;
  readonly ips: readonly string[];
  /** Ports that have names. */
  readonly ports: readonly {
    readonly name: string;
    readonly protocol: PolicyPort["protocol"];
    readonly port: number;
  }[];
}

type Labels = Readonly<Record<string, string>>;

/** The port of the target that is called. */
export interface PolicyPort {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
}

/** Who calls: a pod, or an address that is none of a pod. */
export type PolicySource =
  | { readonly kind: "pod"; readonly pod: PolicyPod }
  | { readonly kind: "address"; readonly ip: string };

/** Who is called. A name is one outside the mesh. */
export type PolicyDestination =
  | PolicySource
  | {
      readonly kind: "name";
      /** Lower case, without the last dot. */
      readonly name: string;
      /** The Service of type ExternalName beside the caller that has this name, or empty. */
      readonly service: string;
    };

/** Whether a connection may be, and why, for people: the policy's name, or that there is none. */
export interface PolicyVerdict {
  readonly allowed: boolean;
  readonly reason: string;
}

/** A peer in words. */
export function peerText(peer: PolicyDestination): string {
  if (peer.kind === "pod") return podText(peer.pod);
  return peer.kind === "address" ? peer.ip : peer.name;
}

/** A pod in words. */
export function podText({ namespace, name }: PolicyPod): string {
  return `${namespace.name}/${name}`;
}

/** Where the addresses of IPv4 stand in IPv6 (RFC 4291, section 2.5.5.2). */
const mappedPrefix = 0xff_ffn;

/** Reads an address; one of IPv4 that is written as IPv6, `::ffff:10.0.0.1`, as what it is. */
export function addressOf(text: string): IpAddress | undefined {
  const address = parseIpAddress(text);
  if (address?.bits !== 128 || address.value >> 32n !== mappedPrefix) return address;
  return { bits: 32, value: address.value & 0xff_ff_ff_ffn };
}
