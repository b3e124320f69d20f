import { rendezvous } from "@beemesh/base";
import type { PolicyPod } from "@beemesh/policy";
import type { PodFacts } from "@beemesh/workload";
import type { Catalog } from "./catalog.ts";
import type { StandIns } from "./stand-ins.ts";
import type { WorkloadRecord } from "./workload-record.ts";

/** What names, routes and verdicts are made of. */
export interface Surroundings {
  readonly catalog: Catalog;
  readonly standIns: StandIns;
  readonly clusterDomain: string;
  /** Where the API is called. */
  readonly apiIp: string;
  /** Addresses of Services, in this range, are never outside. */
  readonly serviceCidr: string;
}

/** A pod or program whose record is known, as policies see it. */
export function policyPodOf(catalog: Catalog, record: WorkloadRecord): PolicyPod {
  const { uid, name, labels, ips, ports } = record;
  const namespace = catalog.namespace(record.namespace);
  return { uid, name, namespace, labels, ips, ports: ports.filter((each) => each.name !== "") };
}

/** A pod as policies see it, by its record if that is known, else by its facts alone. */
export function callerOf(catalog: Catalog, pod: PodFacts): PolicyPod {
  const record = catalog.workload(pod.uid);
  const isSame = record?.namespace === pod.namespace && record.name === pod.name;
  if (record !== undefined && isSame) return policyPodOf(catalog, record);
  const { uid, name } = pod;
  const namespace = catalog.namespace(pod.namespace);
  return { uid, name, namespace, labels: undefined, ips: [], ports: [] };
}

/** At most so many items: all, or a part that is another for each asker and the same each time. */
export function partOf<Item>(
  asker: string,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  countMax: number,
): readonly Item[] {
  if (items.length <= countMax) return items;
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  return rendezvous(asker, byKey.keys())
    .slice(0, countMax)
    .flatMap((key) => byKey.get(key) ?? []);
}
