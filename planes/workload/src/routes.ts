import { apiServicePort, isInIpRange, parseIpRange } from "@beemesh/model";
import {
  addressOf,
  isEgressAllowed,
  isEgressIsolated,
  type PolicyPod,
  type PolicyPort,
  type PolicyVerdict,
} from "@beemesh/policy";
import {
  type Endpoint,
  endpointsMax,
  type PodFacts,
  type Route,
  standsInFor,
  type TransportProtocol,
} from "@beemesh/workload";
import { type Backend, servingBackends } from "./backend.ts";
import type { ServicePort, ServiceRecord } from "./service-record.ts";
import { callerOf, partOf, policyPodOf, type Surroundings } from "./surroundings.ts";
import type { WorkloadRecord } from "./workload-record.ts";

/** The host of the route to the API of any machine; no name outside is like it. */
export const apiHost = "kubernetes.default.svc";

/** Where a pod wants to connect to. */
export interface Destination {
  readonly protocol: TransportProtocol;
  readonly ip: string;
  readonly port: number;
}

interface Question {
  readonly around: Surroundings;
  readonly facts: PodFacts;
  readonly caller: PolicyPod;
  readonly key: string;
  readonly destination: Destination;
  readonly at: PolicyPort;
}

/**
 * Where a connection of a pod to an address goes: to the endpoints of the Service that has the
 * address, to a pod, to what the address stands in for, or out of the mesh; each only as far as
 * policies about egress allow it, and with the reason if they do not.
 */
export function routeFor(around: Surroundings, pod: PodFacts, destination: Destination): Route {
  const { catalog } = around;
  const { protocol, ip, port } = destination;
  const question: Question = {
    around,
    facts: pod,
    caller: callerOf(catalog, pod),
    key: `${protocol} ${ip} ${port}`,
    destination,
    at: { protocol: protocol === "tcp" ? "TCP" : "UDP", port },
  };
  if (addressOf(ip) === undefined) return refused(question, `${ip} is no address`);
  // Whatever Service somebody gives that address: who asks for the API means the API.
  if (ip === around.apiIp) return apiRoute(question);
  const service = catalog.serviceAt(ip);
  if (service !== undefined) return serviceRoute(question, service);
  const workloads = catalog.workloadsAt(ip).filter(({ isGoing }) => !isGoing);
  if (workloads.length > 0) return workloadRoute(question, workloads);
  return standsInFor(ip) === undefined ? addressRoute(question) : standInRoute(question);
}

/**
 * Whether a pod may call a host outside the mesh, by its name or address: what a machine asks
 * again before it dials for a sidecar.
 */
export function mayLeave(
  around: Surroundings,
  pod: PodFacts,
  { protocol, host, port }: { protocol: TransportProtocol; host: string; port: number },
): PolicyVerdict {
  const { catalog } = around;
  const caller = callerOf(catalog, pod);
  const at: PolicyPort = { protocol: protocol === "tcp" ? "TCP" : "UDP", port };
  if (host === apiHost) return apiVerdict(around, caller, at);
  const policies = catalog.policies(pod.namespace);
  if (addressOf(host) === undefined) {
    const service = catalog.aliasOf(pod.namespace, host);
    return isEgressAllowed(policies, caller, { kind: "name", name: host, service }, at);
  }
  const reason = whyInside(around, host);
  if (reason !== "") return { allowed: false, reason };
  return isEgressAllowed(policies, caller, { kind: "address", ip: host }, at);
}

function serviceRoute(question: Question, service: ServiceRecord): Route {
  const { around, at, key, facts } = question;
  const { namespace, name } = service;
  const port = service.ports.find((each) => each.port === at.port && each.protocol === at.protocol);
  if (port === undefined) {
    const served = `${at.protocol} ${at.port}`;
    return refused(question, `service ${namespace}/${name} does not serve ${served}`);
  }
  const backends = servingBackends(around.catalog, service);
  const all = backends.flatMap((backend) => endpointOf(question, backend, port));
  const { allowed, reason } = permitted(question, all);
  if (all.length > 0 && allowed.length === 0) return refused(question, reason);
  const foreign = all.length === 0 ? foreignRoute(question, backends, port) : undefined;
  if (foreign !== undefined) return foreign;
  const endpoints = partOf(facts.uid, allowed, ({ uid }) => uid, endpointsMax);
  const { appProtocol } = port;
  const { settings } = service;
  const route = { kind: "service", key, namespace, name, port: at.port } as const;
  const said = Object.keys(settings).length > 0 ? { settings } : {};
  return { ...route, appProtocol, endpoints, ...said };
}

/** An endpoint needs a record that says who it is; until that is here it is left out. */
function endpointOf(
  { around }: Question,
  { uid, ports, ips: [ip = ""] }: Backend,
  wanted: ServicePort,
): readonly Endpoint[] {
  const record = around.catalog.workload(uid);
  const own = portLike(ports, wanted);
  if (record === undefined || record.machine === "" || own === undefined || ip === "") return [];
  const { machine, namespace, serviceAccount } = record;
  return [{ uid, machine, namespace, serviceAccount, ip, port: own.port }];
}

function portLike(
  ports: readonly ServicePort[],
  { name, protocol }: ServicePort,
): ServicePort | undefined {
  return ports.find((each) => each.name === name && each.protocol === protocol);
}

/** A Service whose endpoints are addresses of no pod leads out of the mesh, to one of them. */
function foreignRoute(
  question: Question,
  backends: readonly Backend[],
  wanted: ServicePort,
): Route | undefined {
  const places = backends.flatMap(({ uid, ips: [ip = ""], ports }) => {
    const port = portLike(ports, wanted)?.port;
    return uid === "" && ip !== "" && port !== undefined ? [{ ip, port }] : [];
  });
  const { around, facts, key, destination } = question;
  const [place] = partOf(facts.uid, places, ({ ip, port }) => `${ip} ${port}`, 1);
  if (place === undefined) return undefined;
  const { ip: host, port } = place;
  const verdict = mayLeave(around, facts, { protocol: destination.protocol, host, port });
  return verdict.allowed
    ? { kind: "external", key, host, port }
    : refused(question, verdict.reason);
}

/** The endpoints that policies let the caller call, and why the last of the others is not. */
function permitted(
  { around, caller, at }: Question,
  endpoints: readonly Endpoint[],
): { readonly allowed: readonly Endpoint[]; readonly reason: string } {
  const { catalog } = around;
  const policies = catalog.policies(caller.namespace.name);
  if (!isEgressIsolated(policies, caller)) return { allowed: endpoints, reason: "" };
  let reason = "";
  const allowed = endpoints.filter(({ uid, port }) => {
    const record = catalog.workload(uid);
    if (record === undefined) return false;
    const pod = policyPodOf(catalog, record);
    const verdict = isEgressAllowed(policies, caller, { kind: "pod", pod }, { ...at, port });
    if (!verdict.allowed) ({ reason } = verdict);
    return verdict.allowed;
  });
  return { allowed, reason };
}

/**
 * A pod by its own address. Machines give addresses without asking each other: of several pods
 * with one address the neighbour in the caller's namespace is meant.
 */
function workloadRoute(question: Question, found: readonly WorkloadRecord[]): Route {
  const { caller, key, destination } = question;
  const own = found.find(({ namespace }) => namespace === caller.namespace.name);
  const record = own ?? found[0];
  if (record === undefined || record.machine === "") {
    return refused(question, `the pod at ${destination.ip} is on no machine`);
  }
  const { uid, machine, namespace, serviceAccount } = record;
  const { ip, port } = destination;
  const endpoint = { uid, machine, namespace, serviceAccount, ip, port };
  const { allowed, reason } = permitted(question, [endpoint]);
  return allowed.length > 0 ? { kind: "pod", key, endpoint } : refused(question, reason);
}

/** The API is called as Kubernetes lets a pod call it: unless its policies about egress do not. */
function apiRoute(question: Question): Route {
  const { around, caller, key, at } = question;
  const { allowed, reason } = apiVerdict(around, caller, at);
  return allowed
    ? { kind: "external", key, host: apiHost, port: at.port }
    : refused(question, reason);
}

function apiVerdict({ catalog, apiIp }: Surroundings, caller: PolicyPod, at: PolicyPort) {
  const policies = catalog.policies(caller.namespace.name);
  if (at.protocol !== "TCP" || at.port !== apiServicePort) {
    return { allowed: false, reason: `the API does not serve ${at.protocol} ${at.port}` };
  }
  if (!isEgressIsolated(policies, caller)) return { allowed: true, reason: "" };
  return isEgressAllowed(policies, caller, { kind: "address", ip: apiIp }, at);
}

function standInRoute(question: Question): Route {
  const { around, facts, key, destination } = question;
  const { ip, port, protocol } = destination;
  const name = around.standIns.nameOf(ip) ?? rememberedName(question);
  if (name === undefined) {
    return refused(question, `nothing is known of ${ip}; its name must be resolved again`);
  }
  const { allowed, reason } = mayLeave(around, facts, { protocol, host: name, port });
  return allowed ? { kind: "external", key, host: name, port } : refused(question, reason);
}

/**
 * A program may hold an address for longer than its machine lives. Names that are declared in
 * full are found again by what is declared.
 */
function rememberedName({ around, facts, destination }: Question): string | undefined {
  const { catalog, standIns } = around;
  const declared = catalog
    .policies(facts.namespace)
    .flatMap(({ names }) => names.filter(({ isWildcard }) => !isWildcard))
    .map(({ name }) => name);
  for (const name of [...declared, ...catalog.aliases(facts.namespace)]) {
    if (standIns.addressOf(name) === destination.ip) return name;
  }
  return undefined;
}

function addressRoute(question: Question): Route {
  const { around, facts, key, destination } = question;
  const { ip: host, port, protocol } = destination;
  const { allowed, reason } = mayLeave(around, facts, { protocol, host, port });
  return allowed ? { kind: "external", key, host, port } : refused(question, reason);
}

/** Ranges in which no program outside listens: the machine's own, and those of many at once. */
const inside = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "224.0.0.0/3",
  "198.18.0.0/15",
  "::/127",
  "fe80::/10",
  "ff00::/8",
];

/** Why an address is never outside the mesh, whatever policies say; empty if it may be. */
function whyInside({ serviceCidr }: Surroundings, ip: string): string {
  const address = addressOf(ip);
  const isIn = (range: string): boolean => {
    const read = parseIpRange(range);
    return address !== undefined && read !== undefined && isInIpRange(read, address);
  };
  if (isIn(serviceCidr)) return `no service has ${ip}`;
  return inside.some(isIn) ? `${ip} leads nowhere outside` : "";
}

function refused({ key }: Question, reason: string): Route {
  return { kind: "refused", key, reason };
}
