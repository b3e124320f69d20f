import type { KubeObject, Pod } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";

/** The Services of a namespace, as far as this machine knows them. */
export interface KnownServices {
  readonly items: readonly KubeObject[];
  /** Whether there are no others. */
  readonly isWhole: boolean;
}

export type Services = (namespace: string) => KnownServices;

/** What a pod's containers are to know of: the Services of its namespace, unless it wants none. */
export function servicesFor(
  { metadata, spec }: Pod,
  services: Services | undefined,
): KnownServices {
  const isWanted = services !== undefined && spec.enableServiceLinks !== false;
  return isWanted ? services(metadata.namespace ?? "default") : { items: [], isWhole: true };
}

/** What is read of a port. */
interface Port {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

/**
 * What every container is told of the Services of its namespace that have an address, as they were
 * when it was started.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
export function serviceVariables(
  services: readonly KubeObject[],
): readonly (readonly [string, string])[] {
  return services.flatMap((service) => {
    const { spec } = service;
    const address = isJsonObject(spec) ? spec["clusterIP"] : undefined;
    const ports = isJsonObject(spec) ? portsOf(spec["ports"]) : [];
    if (typeof address !== "string" || address === "" || address === "None") return [];
    return variablesOf(variableName(service.metadata.name), address, ports);
  });
}

/** The variables of one Service; none if it has no port. */
export function variablesOf(
  name: string,
  address: string,
  ports: readonly Port[],
): readonly (readonly [string, string])[] {
  const [first] = ports;
  if (first === undefined) return [];
  const host = address.includes(":") ? `[${address}]` : address;
  const urlOf = ({ port, protocol }: Port): string => `${protocol.toLowerCase()}://${host}:${port}`;
  return [
    [`${name}_SERVICE_HOST`, address],
    [`${name}_SERVICE_PORT`, String(first.port)],
    ...ports
      .filter((port) => port.name !== "")
      .map((port): [string, string] => [
        `${name}_SERVICE_PORT_${variableName(port.name)}`,
        String(port.port),
      ]),
    [`${name}_PORT`, urlOf(first)],
    ...ports.flatMap((port): [string, string][] => {
      const link = `${name}_PORT_${port.port}_${port.protocol.toUpperCase()}`;
      return [
        [link, urlOf(port)],
        [`${link}_PROTO`, port.protocol.toLowerCase()],
        [`${link}_PORT`, String(port.port)],
        [`${link}_ADDR`, address],
      ];
    }),
  ];
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

function portsOf(ports: unknown): readonly Port[] {
  return (Array.isArray(ports) ? ports : []).flatMap((each: unknown): Port[] => {
    if (!isJsonObject(each)) return [];
    const { name, port, protocol } = each;
    if (typeof port !== "number") return [];
    return [
      {
        name: typeof name === "string" ? name : "",
        port,
        protocol: typeof protocol === "string" ? protocol : "TCP",
      },
    ];
  });
}
