import { hashOf } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import { isService, type Service, type ServicePort } from "./service.ts";

/** Kubernetes' own default range of ports that machines open for Services: 30000 to 32767. */
const firstPort = 30_000;
const portCount = 2768;

/** The first of them are left for those that people choose, as Kubernetes leaves them. */
const reservedCount = 86;

/** Whether machines open ports for a Service. */
export function hasNodePorts({ spec }: Service): boolean {
  if (spec.type === "NodePort") return true;
  return spec.type === "LoadBalancer" && spec.allocateLoadBalancerNodePorts !== false;
}

/** The ports of machines that a Service has. */
export function nodePortsOf({ spec }: Service): readonly number[] {
  return (spec.ports ?? []).flatMap(({ nodePort = 0 }) => (nodePort > 0 ? [nodePort] : []));
}

/**
 * The ports of a Service with a port of the machines for each that has none, or one that is an
 * elder's. It is computed from the name, so that all who give it give the same; the next free one
 * if that is taken.
 *
 * @param taken - What other Services have.
 * @param lost - What elder Services have: of two with one port the younger gets another.
 * @returns Undefined if there is no port left.
 */
export function withNodePorts(
  service: Service,
  taken: ReadonlySet<number>,
  lost: ReadonlySet<number>,
): readonly ServicePort[] | undefined {
  const { namespace, name } = service.metadata;
  const used = new Set([...taken, ...nodePortsOf(service)]);
  const given: ServicePort[] = [];
  for (const port of service.spec.ports ?? []) {
    const own = port.nodePort ?? 0;
    if (own > 0 && !lost.has(own)) given.push(port);
    else {
      const key = `${namespace}/${name}/${port.protocol ?? "TCP"}/${port.port}`;
      const nodePort = freePort(key, used);
      if (nodePort === undefined) return undefined;
      used.add(nodePort);
      given.push({ ...port, nodePort });
    }
  }
  return given;
}

function freePort(key: string, used: ReadonlySet<number>): number | undefined {
  const usable = portCount - reservedCount;
  const first = hashOf(key) % usable;
  for (let step = 0; step < usable; step += 1) {
    const port = firstPort + reservedCount + ((first + step) % usable);
    if (!used.has(port)) return port;
  }
  return undefined;
}

/** The ports of machines that these objects have. */
export function allNodePorts(services: readonly KubeObject[]): ReadonlySet<number> {
  return new Set(services.filter(isService).flatMap(nodePortsOf));
}
