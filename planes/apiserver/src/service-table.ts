/** Rows of services and of what is behind them. */

import {
  ageColumn,
  column,
  labelsText,
  nameColumn,
  nameOf,
  objectAge,
  wideColumn,
} from "./cell.ts";
import type { Printer } from "./column.ts";
import { listAt, numberAt, textAt, textsAt } from "./field.ts";

/** Addresses and ports that are named before the rest is only counted. */
const endpointsShownMax = 3;

export const servicePrinter: Printer = {
  columns: [
    nameColumn,
    column("Type", "How the service is reached."),
    column("Cluster-IP", "Address inside the mesh."),
    column("External-IP", "Addresses outside the mesh."),
    column("Port(s)", "Ports, with those of the machines if there are."),
    ageColumn,
    wideColumn("Selector", "Labels of the pods behind it."),
  ],
  cells: (service, nowMs) => [
    nameOf(service),
    textAt(service, "spec", "type"),
    textAt(service, "spec", "clusterIPs", 0) || textAt(service, "spec", "clusterIP") || "<none>",
    externalOf(service),
    portsOf(service),
    objectAge(service, nowMs),
    labelsText(textsAt(service, "spec", "selector")),
  ],
};

export const endpointsPrinter: Printer = {
  columns: [nameColumn, column("Endpoints", "Addresses and ports behind the service."), ageColumn],
  cells: (endpoints, nowMs) => [
    nameOf(endpoints),
    shortened(listAt(endpoints, "subsets").flatMap(addressesOf)),
    objectAge(endpoints, nowMs),
  ],
};

export const endpointSlicePrinter: Printer = {
  columns: [
    nameColumn,
    column("AddressType", "Kind of the addresses."),
    column("Ports", "Ports of each endpoint."),
    column("Endpoints", "Addresses behind the service."),
    ageColumn,
  ],
  cells: (slice, nowMs) => [
    nameOf(slice),
    textAt(slice, "addressType"),
    slicePortsOf(slice),
    sliceAddressesOf(slice),
    objectAge(slice, nowMs),
  ],
};

function externalOf(service: unknown): string {
  const own = listAt(service, "spec", "externalIPs").map(String);
  switch (textAt(service, "spec", "type")) {
    case "ExternalName":
      return textAt(service, "spec", "externalName");
    case "LoadBalancer": {
      const given = listAt(service, "status", "loadBalancer", "ingress").map(
        (ingress) => textAt(ingress, "ip") || textAt(ingress, "hostname"),
      );
      return [...given, ...own].join(",") || "<pending>";
    }
    default:
      return own.join(",") || "<none>";
  }
}

function portsOf(service: unknown): string {
  const ports = listAt(service, "spec", "ports").map((port) => {
    const nodePort = numberAt(port, "nodePort");
    const onMachine = nodePort === 0 ? "" : `:${nodePort}`;
    return `${numberAt(port, "port")}${onMachine}/${textAt(port, "protocol") || "TCP"}`;
  });
  return ports.join(",") || "<none>";
}

function addressesOf(subset: unknown): readonly string[] {
  const ips = listAt(subset, "addresses").map((address) => textAt(address, "ip"));
  const ports = listAt(subset, "ports").map((port) => numberAt(port, "port"));
  if (ports.length === 0) return ips;
  return ports.flatMap((port) => ips.map((ip) => `${ip}:${port}`));
}

function shortened(texts: readonly string[]): string {
  if (texts.length === 0) return "<none>";
  const shown = texts.slice(0, endpointsShownMax).join(",");
  const left = texts.length - endpointsShownMax;
  return left > 0 ? `${shown} + ${left} more...` : shown;
}

function slicePortsOf(slice: unknown): string {
  const ports = listAt(slice, "ports").map((port) => String(numberAt(port, "port") || "*"));
  return ports.length === 0 ? "<unset>" : shortened(ports);
}

function sliceAddressesOf(slice: unknown): string {
  const addresses = listAt(slice, "endpoints").flatMap((endpoint) =>
    listAt(endpoint, "addresses").map(String),
  );
  return addresses.length === 0 ? "<unset>" : shortened(addresses);
}
