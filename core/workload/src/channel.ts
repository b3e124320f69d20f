import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { type PeerRefClaim, readPeerRefClaim } from "./peer-ref.ts";
import { isPort, listOf, nameOf, textOf } from "./reader.ts";
import {
  type Endpoint,
  type Route,
  readEndpoint,
  readRoute,
  type TransportProtocol,
} from "./route.ts";
import { readSpanRecord, type SpanRecord, spansMax } from "./span-record.ts";

/**
 * The channel between a machine and one of its sidecars: a line of JSON a message, over a Unix
 * socket that the sidecar listens on (`control` is the line that opens it). The sidecar asks, the
 * machine answers under the same `id`; the machine tells what has changed; descriptors of sockets
 * travel beside it (see `descriptor`).
 *
 * A machine that restarts opens the channel anew; a sidecar goes on with what it knows meanwhile.
 */
export type SidecarMessage =
  /** The channel's first message: what the sidecar holds of an earlier channel. */
  | { readonly kind: "ready"; readonly pid: number }
  /** A certificate for a key that never leaves the sidecar. Answered by `certificate`. */
  | { readonly kind: "certify"; readonly id: number; readonly publicKey: string }
  /** DNS (RFC 1035). `name` is absolute, lower case, without the last dot. By `names`. */
  | { readonly kind: "names"; readonly id: number; readonly name: string; readonly type: string }
  /** Where a connection to an address goes. Answered by `route`. */
  | {
      readonly kind: "route";
      readonly id: number;
      readonly protocol: TransportProtocol;
      readonly ip: string;
      readonly port: number;
    }
  /** A connection to an endpoint's sidecar. Answered by `dialed`, after the descriptor. */
  | {
      readonly kind: "dial";
      readonly id: number;
      readonly endpoint: Endpoint;
      /** Whether nobody but a watch over replicas wants it: that is no traffic. */
      readonly isWatch?: boolean;
    }
  /** A connection to a program outside the mesh. Answered by `dialed`, after the descriptor. */
  | {
      readonly kind: "dialExternal";
      readonly id: number;
      readonly protocol: TransportProtocol;
      readonly host: string;
      readonly port: number;
    }
  /**
   * Whether who showed a certificate may enter at a port. `issuer` is the peer ID that signed it.
   * Answered by `verdict`.
   */
  | {
      readonly kind: "admit";
      readonly id: number;
      readonly caller: Caller;
      readonly protocol: AdmittedProtocol;
      readonly port: number;
    }
  /** The sidecar let something not pass; the machine writes the Event, counts and logs it. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** Replicas that the sidecar holds to be lost, and whose clone it is the first to ask for. */
  | { readonly kind: "lost"; readonly uids: readonly string[] }
  /** The answer to `vouch`: what was signed, with the workload's key that this PEM certifies. */
  | {
      readonly kind: "vouched";
      readonly id: number;
      readonly signature: string;
      readonly certificate: string;
    }
  /** Work that was traced, for the collector: the sidecar has no network of its own. */
  | { readonly kind: "spans"; readonly spans: readonly SpanRecord[] }
  /** The answer to `collect`: metrics in Prometheus' text form. */
  | { readonly kind: "metrics"; readonly id: number; readonly text: string };

/**
 * What somebody wants to enter with. `watch` is the word of another replica's sidecar to this one:
 * only replicas of the same workload have one, and it comes to no port and under no policy.
 */
export type AdmittedProtocol = TransportProtocol | "watch";

/** Who is at the other end of a connection, as its certificate says. */
export interface Caller {
  readonly uid: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly issuer: string;
}

/** Something that was not let through. */
export interface Refusal {
  readonly direction: "in" | "out";
  /** A SPIFFE ID, or an address for what has none. */
  readonly source: string;
  readonly target: string;
  readonly protocol: TransportProtocol;
  /** 0 if it came to no port, as with a certificate that was refused. */
  readonly port: number;
  /** Stable word for the metric, such as `policy`, `certificate`, `limit`. */
  readonly cause: string;
  readonly reason: string;
}

/** Who the sidecar stands for. */
export interface PodFacts {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly serviceAccount: string;
  /** The mesh's key. */
  readonly mesh: string;
  readonly machine: string;
}

/** One record of DNS as the machine answers it. */
export type NameRecord =
  | { readonly type: "A" | "AAAA"; readonly name: string; readonly address: string }
  | { readonly type: "CNAME"; readonly name: string; readonly target: string }
  | {
      readonly type: "SRV";
      readonly name: string;
      readonly target: string;
      readonly port: number;
      readonly priority: number;
      readonly weight: number;
    };

export type MachineMessage =
  /** The channel's first message. `clockOffsetMs` brings the wall clock to the mesh's. */
  | {
      readonly kind: "hello";
      readonly pod: PodFacts;
      readonly clockOffsetMs: number;
      /** Where spans go (OTLP over HTTP); empty for nowhere. */
      readonly tracesUrl: string;
    }
  | {
      readonly kind: "certificate";
      readonly id: number;
      /** PEM. */
      readonly certificate: string;
      readonly notAfterMs: number;
    }
  | {
      readonly kind: "names";
      readonly id: number;
      readonly status: "found" | "absent" | "refused";
      readonly ttlSeconds: number;
      readonly records: readonly NameRecord[];
    }
  | { readonly kind: "route"; readonly id: number; readonly route: Route }
  /** A route that was asked for has changed. */
  | { readonly kind: "rerouted"; readonly route: Route }
  /**
   * The socket waits beside the channel under this id, or an error says why there is none. Whoever
   * is at its other end must show a certificate by `issuer`, the peer ID of the machine that the
   * endpoint is on: anybody can sign a certificate with some key. Empty outside the mesh.
   */
  | {
      readonly kind: "dialed";
      readonly id: number;
      readonly error: string;
      readonly issuer: string;
    }
  /** A connection of another sidecar waits beside the channel. */
  | { readonly kind: "incoming" }
  | {
      readonly kind: "verdict";
      readonly id: number;
      readonly allowed: boolean;
      readonly reason: string;
    }
  /** Policies, pods or members have changed: verdicts and names are no longer believed. */
  | { readonly kind: "forget"; readonly what: "verdicts" | "names" }
  /** The other replicas of the workload, to watch over. */
  | { readonly kind: "replicas"; readonly workload: string; readonly replicas: readonly Endpoint[] }
  /** How the workload can be reached, to be signed as its own words. Answered by `vouched`. */
  | { readonly kind: "vouch"; readonly id: number; readonly claim: PeerRefClaim }
  | { readonly kind: "collect"; readonly id: number };

/** Longest line of a channel: a route with all its endpoints, or a page of metrics. */
export const lineLengthMax = 256 * 1024;

/** Records of one answer, as many as fit into a message of DNS over TCP. */
const recordsMax = 512;

/** Replicas that one sidecar is told of. */
const replicasMax = 1024;

/** Reads what a sidecar sends; undefined if it is malformed. */
export function readSidecarMessage(json: Json | undefined): SidecarMessage | undefined {
  if (!isJsonObject(json)) return undefined;
  const { kind } = json;
  if (typeof kind !== "string" || !Object.hasOwn(sidecarReaders, kind)) return undefined;
  return sidecarReaders[kind]?.(json);
}

/** Reads what a machine sends; undefined if it is malformed. */
export function readMachineMessage(json: Json | undefined): MachineMessage | undefined {
  if (!isJsonObject(json)) return undefined;
  const { kind } = json;
  if (typeof kind !== "string" || !Object.hasOwn(machineReaders, kind)) return undefined;
  return machineReaders[kind]?.(json);
}

type Readers<Message> = Readonly<Record<string, (json: JsonObject) => Message | undefined>>;

const sidecarReaders: Readers<SidecarMessage> = {
  ready: ({ pid }) => (isCount(pid) ? { kind: "ready", pid } : undefined),
  certify: ({ id, publicKey }) => {
    const key = textOf(publicKey);
    return isCount(id) && key !== undefined ? { kind: "certify", id, publicKey: key } : undefined;
  },
  names: ({ id, name, type }) => {
    const [asked, of] = [nameOf(name), nameOf(type)];
    if (!isCount(id) || asked === undefined || of === undefined) return undefined;
    return { kind: "names", id, name: asked, type: of };
  },
  route: ({ id, protocol, ip, port }) => {
    const address = nameOf(ip);
    if (!isCount(id) || !isProtocol(protocol) || address === undefined || !isPort(port)) {
      return undefined;
    }
    return { kind: "route", id, protocol, ip: address, port };
  },
  dial: ({ id, endpoint, isWatch }) => {
    const read = readEndpoint(endpoint);
    if (!isCount(id) || read === undefined) return undefined;
    const dial = { kind: "dial", id, endpoint: read } as const;
    return isWatch === true ? { ...dial, isWatch } : dial;
  },
  dialExternal: ({ id, protocol, host, port }) => {
    const name = nameOf(host);
    if (!isCount(id) || !isProtocol(protocol) || name === undefined || !isPort(port)) {
      return undefined;
    }
    return { kind: "dialExternal", id, protocol, host: name, port };
  },
  admit: ({ id, caller, protocol, port }) => {
    const read = callerOf(caller);
    const isAdmitted = isProtocol(protocol) || protocol === "watch";
    if (!isCount(id) || read === undefined || !isAdmitted || !isPort(port)) return undefined;
    return { kind: "admit", id, caller: read, protocol, port };
  },
  refused: ({ refusal }) => {
    const read = refusalOf(refusal);
    return read && { kind: "refused", refusal: read };
  },
  lost: ({ uids }) => {
    const read = listOf(uids, replicasMax, nameOf);
    return read && { kind: "lost", uids: read };
  },
  vouched: ({ id, signature, certificate }) => {
    const text = textOf(signature);
    if (!isCount(id) || text === undefined || typeof certificate !== "string") return undefined;
    return { kind: "vouched", id, signature: text, certificate };
  },
  spans: ({ spans }) => {
    const read = listOf(spans, spansMax, readSpanRecord);
    return read && { kind: "spans", spans: read };
  },
  metrics: ({ id, text }) =>
    isCount(id) && typeof text === "string" ? { kind: "metrics", id, text } : undefined,
};

const machineReaders: Readers<MachineMessage> = {
  hello: ({ pod, clockOffsetMs, tracesUrl }) => {
    const facts = podFactsOf(pod);
    const url = textOf(tracesUrl);
    if (facts === undefined || typeof clockOffsetMs !== "number" || url === undefined) {
      return undefined;
    }
    return { kind: "hello", pod: facts, clockOffsetMs, tracesUrl: url };
  },
  certificate: ({ id, certificate, notAfterMs }) => {
    if (!isCount(id) || typeof certificate !== "string" || typeof notAfterMs !== "number") {
      return undefined;
    }
    return { kind: "certificate", id, certificate, notAfterMs };
  },
  names: ({ id, status, ttlSeconds, records }) => {
    const read = listOf(records, recordsMax, nameRecordOf);
    if (!isCount(id) || read === undefined || !isCount(ttlSeconds)) return undefined;
    if (status !== "found" && status !== "absent" && status !== "refused") return undefined;
    return { kind: "names", id, status, ttlSeconds, records: read };
  },
  route: ({ id, route }) => {
    const read = readRoute(route);
    return isCount(id) && read !== undefined ? { kind: "route", id, route: read } : undefined;
  },
  rerouted: ({ route }) => {
    const read = readRoute(route);
    return read && { kind: "rerouted", route: read };
  },
  dialed: ({ id, error, issuer }) => {
    const [text, peer] = [textOf(error), textOf(issuer)];
    if (!isCount(id) || text === undefined || peer === undefined) return undefined;
    return { kind: "dialed", id, error: text, issuer: peer };
  },
  incoming: () => ({ kind: "incoming" }),
  verdict: ({ id, allowed, reason }) => {
    const text = textOf(reason);
    if (!isCount(id) || typeof allowed !== "boolean" || text === undefined) return undefined;
    return { kind: "verdict", id, allowed, reason: text };
  },
  forget: ({ what }) =>
    what === "verdicts" || what === "names" ? { kind: "forget", what } : undefined,
  replicas: ({ workload, replicas }) => {
    const [name, read] = [textOf(workload), listOf(replicas, replicasMax, readEndpoint)];
    if (name === undefined || read === undefined) return undefined;
    return { kind: "replicas", workload: name, replicas: read };
  },
  vouch: ({ id, claim }) => {
    const read = readPeerRefClaim(claim);
    return isCount(id) && read !== undefined ? { kind: "vouch", id, claim: read } : undefined;
  },
  collect: ({ id }) => (isCount(id) ? { kind: "collect", id } : undefined),
};

function isCount(json: Json | undefined): json is number {
  return typeof json === "number" && Number.isSafeInteger(json) && json >= 0;
}

function isProtocol(json: Json | undefined): json is TransportProtocol {
  return json === "tcp" || json === "udp";
}

function callerOf(json: Json | undefined): Caller | undefined {
  if (!isJsonObject(json)) return undefined;
  const uid = nameOf(json["uid"]);
  const namespace = nameOf(json["namespace"]);
  const serviceAccount = nameOf(json["serviceAccount"]);
  const issuer = nameOf(json["issuer"]);
  if (uid === undefined || namespace === undefined) return undefined;
  if (serviceAccount === undefined || issuer === undefined) return undefined;
  return { uid, namespace, serviceAccount, issuer };
}

function refusalOf(json: Json | undefined): Refusal | undefined {
  if (!isJsonObject(json)) return undefined;
  const { direction, protocol, port } = json;
  const [source, target] = [textOf(json["source"]), textOf(json["target"])];
  const [cause, reason] = [nameOf(json["cause"]), textOf(json["reason"])];
  if (direction !== "in" && direction !== "out") return undefined;
  if (source === undefined || target === undefined || !isProtocol(protocol)) return undefined;
  if (cause === undefined || reason === undefined) return undefined;
  if (port !== 0 && !isPort(port)) return undefined;
  return { direction, source, target, protocol, port, cause, reason };
}

function podFactsOf(json: Json | undefined): PodFacts | undefined {
  if (!isJsonObject(json)) return undefined;
  const uid = nameOf(json["uid"]);
  const namespace = nameOf(json["namespace"]);
  const name = nameOf(json["name"]);
  const serviceAccount = nameOf(json["serviceAccount"]);
  const mesh = nameOf(json["mesh"]);
  const machine = nameOf(json["machine"]);
  if (uid === undefined || namespace === undefined || name === undefined) return undefined;
  if (serviceAccount === undefined || mesh === undefined || machine === undefined) return undefined;
  return { uid, namespace, name, serviceAccount, mesh, machine };
}

function nameRecordOf(json: Json): NameRecord | undefined {
  if (!isJsonObject(json)) return undefined;
  const { type, port, priority, weight } = json;
  const [name, target, address] = [json["name"], json["target"], json["address"]].map(nameOf);
  if (name === undefined) return undefined;
  if (type === "A" || type === "AAAA") {
    return address === undefined ? undefined : { type, name, address };
  }
  if (target === undefined) return undefined;
  if (type === "CNAME") return { type, name, target };
  if (type !== "SRV" || !isPort(port) || !isCount(priority) || !isCount(weight)) return undefined;
  return { type, name, target, port, priority, weight };
}
