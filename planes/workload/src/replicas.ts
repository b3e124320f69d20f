import { type Endpoint, lineLengthMax } from "@beemesh/workload";
import type { Catalog } from "./catalog.ts";

/** A workload of which a pod is one, and the others. */
export interface Replicas {
  /** `<namespace>/<name>`, as people call it. */
  readonly workload: string;
  readonly replicas: readonly Endpoint[];
}

/** Replicas that one sidecar is told of: as many as a channel's message takes. */
const replicasMax = 1024;

/** Where a pod that says no port is reached, for what asks its sidecar and not the pod. */
const anyPort = 1;

/**
 * The other pods that the same owner controls, in the order of their uids: those that have come
 * to run on a machine, and are neither over nor ending. One whose machine is dead is among them
 * until something has taken its place: to miss it is what its replicas are for. Their port is the
 * first that they say, or 1 if they say none.
 *
 * @returns undefined for a pod that is not known, or that no owner controls.
 */
export function replicasOf(catalog: Catalog, uid: string): Replicas | undefined {
  const record = catalog.workload(uid);
  if (record === undefined || record.owner === "") return undefined;
  const others = catalog
    .workloadsOf(record.owner)
    .filter((other) => other.uid !== uid && other.namespace === record.namespace)
    .filter(({ isGoing, isRunning }) => isRunning && !isGoing)
    .filter(({ machine, ips }) => machine !== "" && ips.length > 0);
  const replicas = others.slice(0, replicasMax).map((other): Endpoint => {
    const { uid: own, machine, namespace, serviceAccount, ips, ports } = other;
    const port = ports[0]?.port ?? anyPort;
    return { uid: own, machine, namespace, serviceAccount, ip: ips[0] ?? "", port };
  });
  return { workload: record.workload, replicas: fitting(replicas) };
}

/** As many of the first as fit into one line of the channel, with room for what stands around. */
function fitting(replicas: readonly Endpoint[]): readonly Endpoint[] {
  let length = 1024;
  const end = replicas.findIndex((replica) => {
    length += JSON.stringify(replica).length + 1;
    return length > lineLengthMax;
  });
  return end < 0 ? replicas : replicas.slice(0, end);
}
