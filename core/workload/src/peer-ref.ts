import { canonicalJson, isJsonObject, type Json } from "@beemesh/wire";
import { isPort, listOf, nameOf, textOf } from "./reader.ts";
import type { TransportProtocol } from "./route.ts";

/**
 * How a workload's peer can be reached, as it says itself: signed with the workload's key, which a
 * machine has certified. It is found through the hash table of the workload plane, by the names of
 * the Services that the pod stands behind.
 */
export interface PeerRef {
  /** Uid of the pod. */
  readonly uid: string;
  /** Peer ID of the machine that it is on, and whose certificate it shows. */
  readonly machine: string;
  /** `spec.nodeName`. */
  readonly node: string;
  /** The pod's own address. */
  readonly ip: string;
  /** Where the machine takes connections for it: `ip:port`. */
  readonly addresses: readonly string[];
  readonly services: readonly PeerRefService[];
  /** Higher than that of what the workload has said before. */
  readonly version: number;
  /** The mesh's time. */
  readonly notAfterMs: number;
}

/** A Service that a pod stands behind. */
export interface PeerRefService {
  /** `<namespace>/<name>`. */
  readonly service: string;
  readonly ports: readonly {
    readonly protocol: TransportProtocol;
    /** The Service's. */
    readonly port: number;
    /** The pod's. */
    readonly target: number;
  }[];
}

/** What a machine asks one of its sidecars to sign; the uid is the sidecar's own. */
export type PeerRefClaim = Omit<PeerRef, "uid">;

/** A {@link PeerRef} with what proves it. */
export interface SignedPeerRef {
  readonly ref: PeerRef;
  /** The workload's certificate, in PEM. */
  readonly certificate: string;
  /** base64 of the ECDSA signature, in DER, of {@link peerRefText} with SHA-256. */
  readonly signature: string;
}

/** Ways to one machine. */
const addressesMax = 8;
/** Services of one pod, and ports of one Service: more than people make. */
const servicesMax = 16;
const portsMax = 16;
/** A certificate in PEM has some 800 characters. */
const certificateLengthMax = 4096;

const addressPattern = /^[0-9A-Fa-f.:[\]]{1,64}$/u;
const servicePattern = /^[a-z0-9-]{1,63}\/[a-z0-9-]{1,63}$/u;

/** The text that is signed; nothing else that this key signs begins like it. */
export function peerRefText(ref: PeerRef): string {
  return `beemesh/peer-ref/1\n${canonicalJson(ref)}`;
}

/** Reads what came from a peer; undefined if it is malformed. */
export function readSignedPeerRef(json: Json | undefined): SignedPeerRef | undefined {
  if (!isJsonObject(json)) return undefined;
  const { certificate } = json;
  const signature = textOf(json["signature"]);
  const claim = readPeerRefClaim(json["ref"]);
  const uid = isJsonObject(json["ref"]) ? nameOf(json["ref"]["uid"]) : undefined;
  if (claim === undefined || uid === undefined || signature === undefined) return undefined;
  if (typeof certificate !== "string" || certificate.length > certificateLengthMax)
    return undefined;
  return { ref: { uid, ...claim }, certificate, signature };
}

/** Reads a claim; undefined if it is malformed. */
export function readPeerRefClaim(json: Json | undefined): PeerRefClaim | undefined {
  if (!isJsonObject(json)) return undefined;
  const { version, notAfterMs } = json;
  const [machine, node, ip] = [json["machine"], json["node"], json["ip"]].map(nameOf);
  const addresses = listOf(json["addresses"], addressesMax, addressOf);
  const services = listOf(json["services"], servicesMax, serviceOf);
  if (machine === undefined || node === undefined || ip === undefined) return undefined;
  if (addresses === undefined || services === undefined) return undefined;
  if (!isWhole(version) || !isWhole(notAfterMs)) return undefined;
  return { machine, node, ip, addresses, services, version, notAfterMs };
}

function serviceOf(json: Json): PeerRefService | undefined {
  if (!isJsonObject(json)) return undefined;
  const { service } = json;
  const ports = listOf(json["ports"], portsMax, portOf);
  if (typeof service !== "string" || !servicePattern.test(service)) return undefined;
  return ports && { service, ports };
}

function portOf(json: Json): PeerRefService["ports"][number] | undefined {
  if (!isJsonObject(json)) return undefined;
  const { protocol, port, target } = json;
  if (protocol !== "tcp" && protocol !== "udp") return undefined;
  return isPort(port) && isPort(target) ? { protocol, port, target } : undefined;
}

function addressOf(json: Json): string | undefined {
  return typeof json === "string" && addressPattern.test(json) ? json : undefined;
}

function isWhole(json: Json | undefined): json is number {
  return typeof json === "number" && Number.isSafeInteger(json) && json >= 0;
}
