import { findResource } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import type { PodFacts } from "@beemesh/workload";
import type { KnownContact } from "./contacts.ts";

/** Who talked to whom lately, as one machine saw it. */
export interface ConnectionRow {
  /** `out`: seen where the caller runs; `in`: where the called one does. */
  readonly direction: "in" | "out";
  /** `<namespace>/<name>` of pods, a host for a program outside the mesh. */
  readonly from: string;
  readonly to: string;
  /** Services that stand before `to`: `<namespace>/<name>`. */
  readonly services: readonly string[];
  readonly protocol: string;
  readonly port: number;
  /** How it goes: `local`, `direct`, `relayed`, `external`; empty where only the caller knows. */
  readonly path: string;
  readonly count: number;
  readonly lastMs: number;
}

/** What `GET /v1/connections` answers. */
export interface ConnectionsPage {
  readonly machine: string;
  readonly connections: readonly ConnectionRow[];
}

const sliceLabel = "kubernetes.io/service-name";

/** Makes the page of what is known now. */
export function connectionsPage(
  machine: string,
  contacts: readonly KnownContact[],
  known: {
    readonly objects: ObjectStore;
    readonly factsOf: (uid: string) => PodFacts | undefined;
  },
): ConnectionsPage {
  const services = servicesByUid(known.objects);
  const nameOf = (uid: string): string => {
    const pod = known.factsOf(uid);
    return pod === undefined ? "" : `${pod.namespace}/${pod.name}`;
  };
  const connections = contacts.map((contact): ConnectionRow => {
    const { direction, pod, peer, namespace, serviceAccount } = contact;
    const own = nameOf(pod) || pod;
    // A peer whose record is not here is called by what its certificate says.
    const stranger = namespace === "" ? peer : `${namespace}/${serviceAccount} (${peer})`;
    const other = nameOf(peer) || stranger;
    const isOut = direction === "out";
    const { protocol, port, path, count, lastMs } = contact;
    return {
      direction,
      from: isOut ? own : other,
      to: isOut ? other : own,
      services: services.get(isOut ? peer : pod) ?? [],
      protocol,
      port,
      path,
      count,
      lastMs,
    };
  });
  return { machine, connections };
}

function servicesByUid(objects: ObjectStore): ReadonlyMap<string, readonly string[]> {
  const resource = findResource("discovery.k8s.io", "endpointslices");
  const services = new Map<string, string[]>();
  for (const slice of resource === undefined ? [] : objects.list(resource).items) {
    const { namespace = "", labels } = slice.metadata;
    const service = `${namespace}/${labels?.[sliceLabel] ?? ""}`;
    const endpoints = Array.isArray(slice["endpoints"]) ? slice["endpoints"] : [];
    for (const { targetRef } of endpoints.filter(isJsonObject)) {
      const uid = isJsonObject(targetRef) ? targetRef["uid"] : undefined;
      if (typeof uid !== "string") continue;
      const own = services.get(uid) ?? [];
      if (!own.includes(service)) own.push(service);
      services.set(uid, own);
    }
  }
  return services;
}
