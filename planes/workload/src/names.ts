import { isNameAllowed } from "@beemesh/policy";
import type { NameRecord, PodFacts } from "@beemesh/workload";
import { clusterAnswer } from "./cluster-names.ts";
import { callerOf, type Surroundings } from "./surroundings.ts";

/** What is said to a question for a name. */
export interface NamesAnswer {
  readonly status: "found" | "absent" | "refused";
  readonly ttlSeconds: number;
  readonly records: readonly NameRecord[];
}

/** Names of the mesh follow their endpoints: this long, or until they are told to be forgotten. */
const clusterTtlSeconds = 5;

/** The address of a name outside stays the same; whether it may be called is asked at each call. */
const outsideTtlSeconds = 30;

/** Aliases of aliases that are followed, so that two Services that name each other end. */
const aliasesMax = 8;

/**
 * What a name is for a pod. Names of the cluster's domain are as Kubernetes' DNS has them, names
 * outside are told to whom policy allows to call them, by an address that stands in for them.
 *
 * Source: https://github.com/kubernetes/dns/blob/master/docs/specification.md
 *
 * @param name - Absolute, lower case, without the last dot.
 * @param type - `A`, `AAAA`, `SRV`, `CNAME`, … `ANY`.
 */
export function namesFor(
  around: Surroundings,
  pod: PodFacts,
  name: string,
  type: string,
): NamesAnswer {
  const aliases: NameRecord[] = [];
  let wanted = name;
  for (let step = 0; step <= aliasesMax; step += 1) {
    const own = clusterAnswer(around, pod.uid, wanted, type);
    if (own === "outside") return outsideAnswer(around, pod, wanted, { type, aliases });
    if (own === undefined) return answer(aliases.length === 0 ? "absent" : "found", aliases);
    if (own.alias === "") return answer("found", [...aliases, ...own.records]);
    aliases.push({ type: "CNAME", name: wanted, target: own.alias });
    if (type === "CNAME") break;
    wanted = own.alias;
  }
  return answer("found", aliases);
}

/** A name outside: whoever asks for an alias of it gets the address that stands in for it too. */
function outsideAnswer(
  around: Surroundings,
  pod: PodFacts,
  name: string,
  { type, aliases }: { readonly type: string; readonly aliases: readonly NameRecord[] },
): NamesAnswer {
  const isReverse = name.endsWith(".in-addr.arpa") || name.endsWith(".ip6.arpa");
  if (isReverse || !name.includes(".")) {
    return answer(aliases.length === 0 ? "absent" : "found", aliases);
  }
  const { catalog, standIns } = around;
  const caller = callerOf(catalog, pod);
  const service = catalog.aliasOf(pod.namespace, name);
  const policies = catalog.policies(pod.namespace);
  const { allowed } = isNameAllowed(policies, caller, { kind: "name", name, service });
  if (!allowed) return answer(aliases.length === 0 ? "refused" : "found", aliases);
  const isAddress = type === "A" || type === "ANY";
  const own: readonly NameRecord[] = isAddress
    ? [{ type: "A", name, address: standIns.addressOf(name) }]
    : [];
  const ttlSeconds = aliases.length === 0 ? outsideTtlSeconds : clusterTtlSeconds;
  return { status: "found", ttlSeconds, records: [...aliases, ...own] };
}

function answer(status: NamesAnswer["status"], records: readonly NameRecord[]): NamesAnswer {
  return { status, ttlSeconds: clusterTtlSeconds, records };
}
