import {
  type PolicyPod,
  type PolicyPort,
  type PolicySource,
  type PolicyVerdict,
  peerText,
  podText,
} from "./peer.ts";
import type { Policy } from "./policy.ts";
import { allowsPeer, allowsPort } from "./rule.ts";
import { selects } from "./selector.ts";

/**
 * Whether `source` may call `target` at a port.
 *
 * A pod that no policy selects for ingress takes everything, except from other namespaces if its
 * own asks for default deny. A pod that policies select takes what any of them allows. A pod
 * always reaches itself.
 *
 * Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 *
 * @param policies - Of any namespaces; those of the target's count.
 */
export function isIngressAllowed(
  policies: readonly Policy[],
  target: PolicyPod,
  source: PolicySource,
  port: PolicyPort,
): PolicyVerdict {
  const { namespace, labels } = target;
  if (source.kind === "pod" && source.pod.uid === target.uid) {
    return { allowed: true, reason: "a pod may call itself" };
  }
  const own = policies.filter((each) => each.namespace === namespace.name && each.ingress);
  const from = `${port.protocol} ${port.port} from ${peerText(source)}`;
  const denied = { allowed: false, reason: `no policy of ${namespace.name} allows ${from}` };
  // Whom policies select of whose labels nothing is known cannot be said: then by all of them.
  if (!own.some(({ pods }) => labels === undefined || selects(pods, labels))) {
    const isNeighbour = source.kind === "pod" && source.pod.namespace.name === namespace.name;
    if (namespace.isDefaultDeny && !isNeighbour) return denied;
    return { allowed: true, reason: `no policy of ${namespace.name} selects ${podText(target)}` };
  }
  const allowing = own.find(
    ({ pods, ingress = [] }) =>
      selects(pods, labels) &&
      ingress.some(
        (rule) => allowsPort(rule, port, target.ports) && allowsPeer(rule, namespace.name, source),
      ),
  );
  if (allowing === undefined) return denied;
  return { allowed: true, reason: `policy ${allowing.namespace}/${allowing.name} allows it` };
}
