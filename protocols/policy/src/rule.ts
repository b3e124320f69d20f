import { type IpRange, isInIpRange, parseIpRange, type Selector } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { addressOf, type PolicyPod, type PolicyPort, type PolicySource } from "./peer.ts";
import { readSelector, selects } from "./selector.ts";

/** One rule of a policy: these peers at these ports. */
export interface Rule {
  /** Undefined for all. */
  readonly peers: readonly Peer[] | undefined;
  /** Undefined for all. */
  readonly ports: readonly PortMatch[] | undefined;
}

type Peer =
  | {
      readonly kind: "pods";
      /** Undefined for the policy's own namespace. */
      readonly namespaces: Selector | undefined;
      /** Undefined for all pods of those. */
      readonly pods: Selector | undefined;
    }
  | { readonly kind: "block"; readonly range: IpRange; readonly except: readonly IpRange[] };

interface PortMatch {
  readonly protocol: PolicyPort["protocol"];
  /** A port of the target by its name, or from a first to a last one. */
  readonly which: string | { readonly first: number; readonly last: number };
}

/** Reads the rules of one direction. `peersMember` is `from` or `to`. */
export function readRules(json: unknown, peersMember: "from" | "to"): readonly Rule[] {
  return listOf(json).flatMap((item): Rule[] => {
    if (!isJsonObject(item)) return [];
    return [
      { peers: readAll(item[peersMember], readPeer), ports: readAll(item["ports"], readPort) },
    ];
  });
}

/** Whether a rule of a policy of `namespace` allows a peer. */
export function allowsPeer({ peers }: Rule, namespace: string, other: PolicySource): boolean {
  return (
    peers === undefined ||
    peers.some((peer) =>
      peer.kind === "block"
        ? isInBlock(peer, other)
        : other.kind === "pod" && isSelected(peer, namespace, other.pod),
    )
  );
}

/** Whether a rule allows every address, so that a name need not be resolved to be allowed. */
export function allowsAnywhere({ peers }: Rule): boolean {
  return (
    peers === undefined ||
    peers.some(
      (peer) =>
        peer.kind === "block" &&
        peer.range.bits === 32 &&
        peer.range.prefixLength === 0 &&
        peer.except.length === 0,
    )
  );
}

/** Whether a rule allows a port of a target; names of ports are the target's own. */
export function allowsPort(
  { ports }: Rule,
  { protocol, port }: PolicyPort,
  named: PolicyPod["ports"],
): boolean {
  return (
    ports === undefined ||
    ports.some(({ protocol: wanted, which }) => {
      if (wanted !== protocol) return false;
      if (typeof which !== "string") return port >= which.first && port <= which.last;
      return named.some(
        (each) => each.name === which && each.protocol === protocol && each.port === port,
      );
    })
  );
}

function isInBlock(
  { range, except }: Extract<Peer, { readonly kind: "block" }>,
  other: PolicySource,
): boolean {
  const ips = other.kind === "pod" ? other.pod.ips : [other.ip];
  return ips.some((ip) => {
    const address = addressOf(ip);
    if (address === undefined || !isInIpRange(range, address)) return false;
    return !except.some((each) => isInIpRange(each, address));
  });
}

function isSelected(
  { namespaces, pods }: Extract<Peer, { readonly kind: "pods" }>,
  own: string,
  { namespace, labels }: PolicyPod,
): boolean {
  const isPlace =
    namespaces === undefined ? namespace.name === own : selects(namespaces, namespace.labels);
  return isPlace && (pods === undefined || selects(pods, labels));
}

/** What is not given or empty stands for all; what cannot be read, for nothing. */
function readAll<T>(
  json: Json | undefined,
  read: (item: JsonObject) => T | undefined,
): readonly T[] | undefined {
  if (!isGiven(json)) return undefined;
  if (!Array.isArray(json)) return [];
  if (json.length === 0) return undefined;
  return listOf(json).flatMap((item) => (isJsonObject(item) ? (read(item) ?? []) : []));
}

/** A peer says pods, namespaces or both, or a block of addresses. */
function readPeer({ podSelector, namespaceSelector, ipBlock }: JsonObject): Peer | undefined {
  const [hasPods, hasSpaces] = [isGiven(podSelector), isGiven(namespaceSelector)];
  if (isGiven(ipBlock)) return hasPods || hasSpaces ? undefined : readBlock(ipBlock);
  const pods = hasPods ? readSelector(podSelector) : undefined;
  const namespaces = hasSpaces ? readSelector(namespaceSelector) : undefined;
  if (hasPods !== (pods !== undefined) || hasSpaces !== (namespaces !== undefined)) {
    return undefined;
  }
  return hasPods || hasSpaces ? { kind: "pods", namespaces, pods } : undefined;
}

/** In Kubernetes `null` says, as nothing does, that there is none. */
function isGiven(json: Json | undefined): json is Json {
  return json !== undefined && json !== null;
}

function readBlock(json: Json): Peer | undefined {
  if (!isJsonObject(json)) return undefined;
  const { cidr, except: left = null } = json;
  const range = typeof cidr === "string" ? parseIpRange(cidr) : undefined;
  if (range === undefined || (left !== null && !Array.isArray(left))) return undefined;
  const except = listOf(left).map((each) =>
    typeof each === "string" ? parseIpRange(each) : undefined,
  );
  const known = except.filter((each) => each !== undefined);
  return known.length === except.length ? { kind: "block", range, except: known } : undefined;
}

function readPort({ protocol, port = null, endPort = null }: JsonObject): PortMatch | undefined {
  const known = protocol ?? "TCP";
  if (known !== "TCP" && known !== "UDP" && known !== "SCTP") return undefined;
  const which = readWhich(port, endPort);
  return which === undefined ? undefined : { protocol: known, which };
}

function readWhich(port: Json, endPort: Json): PortMatch["which"] | undefined {
  if (port === null) return endPort === null ? { first: 1, last: 65_535 } : undefined;
  if (typeof port === "string") return endPort === null && port !== "" ? port : undefined;
  const last = endPort ?? port;
  if (!isPort(port) || !isPort(last) || last < port) return undefined;
  return { first: port, last };
}

function isPort(json: Json): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= 1 && json <= 65_535;
}

function listOf(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}
