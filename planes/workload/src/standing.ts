import type { PeerRefService } from "@beemesh/workload";
import type { Catalog } from "./catalog.ts";
import type { ServicePort } from "./service-record.ts";
import type { SliceEndpoint } from "./slice-record.ts";

/**
 * The Services that a pod or program stands behind, as far as it is ready, with their ports and
 * its own. In the order of the Services' names.
 */
export function standingOf(catalog: Catalog, uid: string): readonly PeerRefService[] {
  const own = catalog.workload(uid)?.ips ?? [];
  // What people write names addresses, and no pod.
  const isMe = (each: SliceEndpoint): boolean =>
    each.uid === "" ? each.ips.some((ip) => own.includes(ip)) : each.uid === uid;
  return [...catalog.servicesOf(uid, own)].toSorted().flatMap((key): PeerRefService[] => {
    const service = catalog.service(key);
    const slices = catalog
      .slices(key)
      .filter(({ endpoints }) => endpoints.some((each) => each.isReady && isMe(each)));
    const targets = slices.flatMap(({ ports }) => ports);
    const ports = (service?.ports ?? []).flatMap((port) => targetOf(port, targets));
    return ports.length === 0 ? [] : [{ service: key, ports }];
  });
}

function targetOf(
  { name, protocol, port }: ServicePort,
  own: readonly ServicePort[],
): PeerRefService["ports"] {
  const target = own.find((each) => each.name === name && each.protocol === protocol)?.port;
  if (target === undefined || protocol === "SCTP") return [];
  return [{ protocol: protocol === "TCP" ? "tcp" : "udp", port, target }];
}
