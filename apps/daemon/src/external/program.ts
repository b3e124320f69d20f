import { isIPv4, isIPv6 } from "node:net";
import type { KubeObject } from "@beemesh/model";
import { isJsonObject, type Json } from "@beemesh/wire";

/** How a program outside containers is asked whether it is ready. */
export interface ProgramProbe {
  readonly port: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successes: number;
  readonly failures: number;
}

/** An ExternalWorkload, as far as its machine acts upon it. */
export interface Program {
  readonly uid: string;
  readonly machine: string;
  readonly address: string;
  readonly serviceAccount: string;
  readonly ports: readonly number[];
  /** Services that it calls by ports of its machine, as its sidecar takes them. */
  readonly reaches: readonly string[];
  /** Undefined if nobody is asked: then it counts as ready. */
  readonly probe: ProgramProbe | undefined;
}

/** Reads an ExternalWorkload; undefined if it is malformed, as records of others may be. */
export function readProgram({ metadata, spec }: KubeObject): Program | undefined {
  const { uid, namespace = "" } = metadata;
  if (!isJsonObject(spec) || uid === undefined) return undefined;
  const { machine, address = "127.0.0.1", ports, readinessProbe } = spec;
  const account = spec["serviceAccountName"] ?? spec["serviceAccount"];
  if (typeof machine !== "string" || typeof address !== "string") return undefined;
  const all: readonly Json[] = Array.isArray(ports) ? ports : [];
  const numbers = all.map((each) => (isJsonObject(each) ? each["port"] : undefined));
  return {
    uid,
    machine,
    address,
    serviceAccount: typeof account === "string" && account !== "" ? account : "default",
    ports: numbers.filter((each) => typeof each === "number"),
    reaches: readReaches(spec["reach"], namespace),
    probe: readProbe(readinessProbe),
  };
}

/** Services that one program calls; the API takes no more, but other machines may. */
const reachesMax = 64;

const labelPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u;

/** Listeners of loopback and the Services that they lead to: what is malformed is left out. */
function readReaches(json: Json | undefined, own: string): readonly string[] {
  const all: readonly Json[] = Array.isArray(json) ? json : [];
  return all.slice(0, reachesMax).flatMap((each): readonly string[] => {
    if (!isJsonObject(each)) return [];
    const { service, port, listenPort, listenAddress = "127.0.0.1", namespace: given } = each;
    const namespace = given === undefined || given === "" ? own : given;
    if (!isLabel(service) || !isLabel(namespace) || !isPort(port) || !isPort(listenPort)) return [];
    if (typeof listenAddress !== "string" || !isLoopback(listenAddress)) return [];
    const host = isIPv6(listenAddress) ? `[${listenAddress}]` : listenAddress;
    return [`${host}:${listenPort}=${service}.${namespace}.svc.cluster.local:${port}`];
  });
}

function isLabel(json: Json | undefined): json is string {
  return typeof json === "string" && labelPattern.test(json);
}

function isPort(json: Json | undefined): json is number {
  return typeof json === "number" && Number.isInteger(json) && json >= 1 && json <= 65_535;
}

/** Whoever comes to such a port speaks as the program: the network must not. */
function isLoopback(address: string): boolean {
  return address === "::1" || (isIPv4(address) && address.startsWith("127."));
}

function readProbe(json: Json | undefined): ProgramProbe | undefined {
  const socket = isJsonObject(json) ? json["tcpSocket"] : undefined;
  const port = isJsonObject(socket) ? socket["port"] : undefined;
  if (!isJsonObject(json) || typeof port !== "number") return undefined;
  const count = (name: string, fallback: number): number => {
    const value = json[name];
    return typeof value === "number" && value >= 1 ? value : fallback;
  };
  return {
    port,
    periodMs: count("periodSeconds", 10) * 1000,
    timeoutMs: count("timeoutSeconds", 1) * 1000,
    successes: count("successThreshold", 1),
    failures: count("failureThreshold", 3),
  };
}
