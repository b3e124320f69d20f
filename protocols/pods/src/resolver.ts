import type { Pod } from "@beemesh/model";
import type { ResolverPlan } from "@beemesh/ports";

/** Where every pod finds the mesh's own name server, which is its sidecar. */
const nameServer = "10.96.0.10";

const clusterDomain = "cluster.local";

/** A name with fewer dots than this is looked for in the pod's own domains first. */
const dots = "5";

/** A C library asks no more servers, nor looks in more domains; kubelet cuts here too. */
const nameserversMax = 3;
const searchesMax = 32;

/**
 * How programs of a pod look for names: at the pod's sidecar, in the domains of its namespace, and
 * what its `dnsConfig` adds; under `dnsPolicy: None` only that. Whatever the servers are that it
 * names, the way there is the sidecar's, as any other is.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
export function resolverPlan({ metadata, spec }: Pod): ResolverPlan {
  const { namespace = "default" } = metadata;
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  const isOwn = spec.dnsPolicy === "None";
  const domains = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  const values = new Map<string, string>(isOwn ? [] : [["ndots", dots]]);
  for (const { name = "", value = "" } of options) values.set(name, value);
  return {
    nameservers: first([...(isOwn ? [] : [nameServer]), ...nameservers], nameserversMax),
    searches: first([...(isOwn ? [] : domains), ...searches], searchesMax),
    options: [...values]
      .filter(([name]) => name !== "")
      .map(([name, value]) => (value === "" ? name : `${name}:${value}`)),
  };
}

/** The domain of a pod that has one of its own: that of the Service which `subdomain` names. */
export function domainOf({ metadata, spec }: Pod): string {
  const { subdomain = "" } = spec;
  const { namespace = "default" } = metadata;
  return subdomain === "" ? "" : `${subdomain}.${namespace}.svc.${clusterDomain}`;
}

function first(texts: readonly string[], countMax: number): readonly string[] {
  return [...new Set(texts)].slice(0, countMax);
}
