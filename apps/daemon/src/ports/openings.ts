/** Which ports this machine is to open, by what Services and its own pods ask for. */
import type { KubeObject, Pod } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";

/** Where a connection to an opened port goes. */
export type Opening =
  | {
      readonly kind: "service";
      readonly namespace: string;
      readonly name: string;
      /** The Service's own port. */
      readonly port: number;
      /** Whether only pods of this machine take it. */
      readonly isLocalOnly: boolean;
      /** How long a client stays with its pod; undefined for not at all. */
      readonly affinityMs: number | undefined;
    }
  | { readonly kind: "pod"; readonly uid: string; readonly port: number };

/** Ports that one machine opens: as many as there may be NodePorts, and a port for each pod. */
const openingsMax = 3000;

const everywhere: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);

/**
 * The ports to open, by `<address> <port>`. Of two that want one place the first keeps it:
 * Services before pods, in the order of their names.
 *
 * @param host - The address that the owner of this machine lets: a hostIP beside it opens nothing.
 */
export function openingsOf(
  services: readonly KubeObject[],
  pods: readonly Pod[],
  host: string,
): ReadonlyMap<string, Opening> {
  const openings = new Map<string, Opening>();
  const add = (address: string, port: number, opening: Opening): void => {
    const key = `${address} ${port}`;
    if (!openings.has(key) && openings.size < openingsMax) openings.set(key, opening);
  };
  for (const service of services.toSorted(byName)) {
    for (const [port, opening] of ofService(service)) add(host, port, opening);
  }
  for (const pod of pods.toSorted(byName)) {
    for (const { hostIP, hostPort, port } of hostPortsOf(pod)) {
      const address = everywhere.has(hostIP) ? host : hostIP;
      const isLet = address === host || everywhere.has(host);
      const opening: Opening = { kind: "pod", uid: pod.metadata.uid ?? "", port };
      if (isLet) add(address, hostPort, opening);
    }
  }
  return openings;
}

function* ofService({ metadata, spec }: KubeObject): Generator<readonly [number, Opening]> {
  if (!isJsonObject(spec)) return;
  const { name, namespace = "" } = metadata;
  const isLocalOnly = spec["externalTrafficPolicy"] === "Local";
  for (const { nodePort, port, protocol = "TCP" } of objectsIn(spec["ports"])) {
    if (protocol !== "TCP" || !isPort(nodePort) || !isPort(port)) continue;
    const affinityMs = affinityOf(spec);
    yield [nodePort, { kind: "service", namespace, name, port, isLocalOnly, affinityMs }];
  }
}

/** Kubernetes' own default: three hours. */
const affinitySeconds = 10_800;

function affinityOf({ sessionAffinity, sessionAffinityConfig: config }: JsonObject) {
  if (sessionAffinity !== "ClientIP") return undefined;
  const client = isJsonObject(config) ? config["clientIP"] : undefined;
  const seconds = isJsonObject(client) ? client["timeoutSeconds"] : undefined;
  return (typeof seconds === "number" ? seconds : affinitySeconds) * 1000;
}

interface HostPort {
  readonly hostIP: string;
  readonly hostPort: number;
  readonly port: number;
}

/** The ports of its machine that a pod takes, while it runs. */
function hostPortsOf({ spec, status }: Pod): readonly HostPort[] {
  if (status?.phase !== "Running") return [];
  return spec.containers.flatMap((container) =>
    objectsIn(Object(container)["ports"]).flatMap((each): HostPort[] => {
      const { hostIP, hostPort, containerPort: port, protocol = "TCP" } = each;
      if (protocol !== "TCP" || !isPort(hostPort) || !isPort(port)) return [];
      return [{ hostIP: typeof hostIP === "string" ? hostIP : "", hostPort, port }];
    }),
  );
}

function objectsIn(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function isPort(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_535;
}

function byName({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  return `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1;
}
