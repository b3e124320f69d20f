import { rendezvous } from "@beemesh/base";
import { isPod, type Pod, workloadName } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import type { Endpoint } from "@beemesh/workload";
import { workloadOf } from "./offer.ts";
import { resourceNamed } from "./resource.ts";

const podResource = resourceNamed("", "pods");

/** Replicas that one sidecar is told of; of more each sidecar is told of others. */
const watchedMax = 1024;

/** A port of a pod that declares none: a probe of its sidecar asks for no port. */
const portOfNone = 1;

/** The other replicas of a pod's workload, for its sidecar to watch over. */
export interface Replicas {
  /** What people call the workload. */
  readonly workload: string;
  readonly replicas: readonly Endpoint[];
}

/**
 * The other pods of a pod's controller that have come to run, as far as their records are held
 * here. One whose machine is dead is among them until something has taken its place: to miss it is
 * what its replicas are for.
 */
export function replicasOf(pod: Pod, objects: Pick<ObjectStore, "list">): Replicas {
  const { uid: self = "", namespace = "" } = pod.metadata;
  const of = workloadOf(pod);
  const others = objects.list(podResource, namespace).items.filter(isPod);
  const replicas = others
    .filter((other) => other.metadata.uid !== self && workloadOf(other) === of)
    .flatMap((other) => endpointOf(other));
  return { workload: workloadName(pod), replicas: watched(self, replicas) };
}

function watched(self: string, replicas: readonly Endpoint[]): readonly Endpoint[] {
  if (replicas.length <= watchedMax) return replicas;
  const uids = rendezvous(
    self,
    replicas.map(({ uid }) => uid),
  );
  const chosen = new Set(uids.slice(0, watchedMax));
  return replicas.filter(({ uid }) => chosen.has(uid));
}

function endpointOf(pod: Pod): Endpoint[] {
  const { uid = "", namespace = "", deletionTimestamp } = pod.metadata;
  const { nodeName: machine = "", serviceAccountName: serviceAccount = "default" } = pod.spec;
  const ip = pod.status?.podIP ?? "";
  const isThere = pod.status?.phase === "Running" && deletionTimestamp === undefined;
  if (!isThere || machine === "" || ip === "") return [];
  return [{ uid, machine, namespace, serviceAccount, ip, port: portOf(pod) }];
}

function portOf({ spec }: Pod): number {
  const [first] = spec.containers.flatMap(({ ports = [] }) => ports);
  return first?.containerPort ?? portOfNone;
}
