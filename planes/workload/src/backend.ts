import type { Catalog } from "./catalog.ts";
import type { ServicePort, ServiceRecord } from "./service-record.ts";
import type { WorkloadRecord } from "./workload-record.ts";

/** What stands behind a name: an endpoint of a Service, or a program by itself. */
export interface Backend {
  /** Empty for an address of something else. */
  readonly uid: string;
  readonly ips: readonly string[];
  /** Empty if it has none. */
  readonly hostname: string;
  readonly ports: readonly ServicePort[];
}

/** The ready endpoints of a Service; all of them if it publishes what is not ready. */
export function readyBackends(catalog: Catalog, service: ServiceRecord): readonly Backend[] {
  return backends(catalog, service, ({ isReady }) => isReady || service.publishesUnready);
}

/**
 * The endpoints that connections to a Service may go to: the ready ones, or those that still
 * serve although they end when there are no others, as kube-proxy has it.
 */
export function servingBackends(catalog: Catalog, service: ServiceRecord): readonly Backend[] {
  const ready = readyBackends(catalog, service);
  return ready.length > 0 ? ready : backends(catalog, service, ({ isServing }) => isServing);
}

function backends(
  catalog: Catalog,
  { key, name, namespace }: ServiceRecord,
  isWanted: (endpoint: { readonly isReady: boolean; readonly isServing: boolean }) => boolean,
): readonly Backend[] {
  return catalog.slices(key).flatMap(({ endpoints, ports }) =>
    endpoints.filter(isWanted).map(({ uid: told, ips, hostname }) => {
      const uid = told === "" ? whoHas(catalog, ips, namespace) : told;
      const own = hostname === "" ? ordinalName(catalog.workload(uid), name) : hostname;
      return { uid, ips, hostname: own, ports };
    }),
  );
}

/**
 * Who has the addresses of an endpoint that names no pod, as people write them. Machines give
 * addresses without asking each other: of several the one in the Service's namespace is meant.
 */
function whoHas(catalog: Catalog, ips: readonly string[], namespace: string): string {
  const found = ips.flatMap((ip) => catalog.workloadsAt(ip)).filter(({ isGoing }) => !isGoing);
  return (found.find((each) => each.namespace === namespace) ?? found[0])?.uid ?? "";
}

/** A pod of a StatefulSet, or one in the Service's subdomain, is found by its own name. */
function ordinalName(record: WorkloadRecord | undefined, service: string): string {
  if (record === undefined || record.kind !== "Pod") return "";
  return record.subdomain === "" || record.subdomain === service ? record.hostname : "";
}

/** A program outside containers that is called by its own name. */
export function programBackends(record: WorkloadRecord): readonly Backend[] {
  if (!record.isReady || record.isGoing) return [];
  const { uid, ips, hostname } = record;
  const ports = record.ports.map((port) => ({ ...port, appProtocol: "" }));
  return [{ uid, ips, hostname, ports }];
}
