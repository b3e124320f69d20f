import { holdsName } from "./annotation.ts";
import {
  type PolicyDestination,
  type PolicyPod,
  type PolicyPort,
  type PolicyVerdict,
  peerText,
  podText,
} from "./peer.ts";
import type { Policy } from "./policy.ts";
import { allowsAnywhere, allowsPeer, allowsPort, type Rule } from "./rule.ts";
import { selects } from "./selector.ts";

/**
 * Whether `source` may call `destination` at a port.
 *
 * Pods are called as Kubernetes says: a pod that no policy selects for egress calls all of them,
 * one that policies select calls what any of them allows. What is outside the mesh is called only
 * if that is declared: an address by a rule of a policy that selects the caller, a name by the
 * annotation `beemesh.io/egress-names` of such a policy, by a Service of type ExternalName beside
 * the caller, or by a rule that allows any address.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 *
 * @param policies - Of any namespaces; those of the caller's count.
 * @param port - Of the destination itself, as a Service has led to it.
 */
export function isEgressAllowed(
  policies: readonly Policy[],
  source: PolicyPod,
  destination: PolicyDestination,
  port: PolicyPort,
): PolicyVerdict {
  const { namespace } = source;
  const own = policies.filter((each) => each.namespace === namespace.name);
  if (destination.kind === "name") return nameVerdict(own, source, destination, port);
  if (destination.kind === "pod") {
    if (destination.pod.uid === source.uid) {
      return { allowed: true, reason: "a pod may call itself" };
    }
    if (!isEgressIsolated(own, source)) {
      return { allowed: true, reason: `no policy of ${namespace.name} selects ${podText(source)}` };
    }
  }
  const named = destination.kind === "pod" ? destination.pod.ports : [];
  return verdictOf(
    own,
    source,
    { destination, port },
    (rule) => allowsPort(rule, port, named) && allowsPeer(rule, namespace.name, destination),
  );
}

/** Whether any policy about egress selects the pod, so that it calls only what is allowed. */
export function isEgressIsolated(
  policies: readonly Policy[],
  { namespace, labels }: PolicyPod,
): boolean {
  // Whom policies select of whose labels nothing is known cannot be said: then by all of them.
  return policies.some(
    (each) =>
      each.egress !== undefined &&
      each.namespace === namespace.name &&
      (labels === undefined || selects(each.pods, labels)),
  );
}

/**
 * Whether `source` may call a name outside the mesh at some port, so that the name may be
 * resolved for it.
 */
export function isNameAllowed(
  policies: readonly Policy[],
  source: PolicyPod,
  destination: Extract<PolicyDestination, { readonly kind: "name" }>,
): PolicyVerdict {
  const own = policies.filter((each) => each.namespace === source.namespace.name);
  return nameVerdict(own, source, destination, undefined);
}

function nameVerdict(
  own: readonly Policy[],
  source: PolicyPod,
  destination: Extract<PolicyDestination, { readonly kind: "name" }>,
  port: PolicyPort | undefined,
): PolicyVerdict {
  const { namespace, labels } = source;
  const { name, service } = destination;
  if (service !== "") {
    return { allowed: true, reason: `service ${namespace.name}/${service} declares it` };
  }
  const declaring = own.find(
    ({ pods, names }) =>
      selects(pods, labels) && names.some((each) => holdsName(each, name, port?.port)),
  );
  if (declaring !== undefined) return allowedBy(declaring);
  return verdictOf(
    own,
    source,
    { destination, port },
    (rule) => (port === undefined || allowsPort(rule, port, [])) && allowsAnywhere(rule),
  );
}

function verdictOf(
  own: readonly Policy[],
  { namespace, labels }: PolicyPod,
  to: { readonly destination: PolicyDestination; readonly port: PolicyPort | undefined },
  allows: (rule: Rule) => boolean,
): PolicyVerdict {
  const allowing = own.find(
    ({ pods, egress = [] }) => selects(pods, labels) && egress.some((rule) => allows(rule)),
  );
  if (allowing !== undefined) return allowedBy(allowing);
  const at = to.port === undefined ? "calls" : `${to.port.protocol} ${to.port.port}`;
  const reason = `no policy of ${namespace.name} allows ${at} to ${peerText(to.destination)}`;
  return { allowed: false, reason };
}

function allowedBy({ namespace, name }: Policy): PolicyVerdict {
  return { allowed: true, reason: `policy ${namespace}/${name} allows it` };
}
