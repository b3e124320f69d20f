/**
 * Who may talk to whom: NetworkPolicy of networking.k8s.io/v1 as Kubernetes evaluates it, default
 * deny into namespaces that ask for it, and egress out of the mesh only where it is declared.
 * Functions of facts and nothing else: a sidecar's machine asks them, for both ends of a call.
 *
 * @module
 */

export { isDefaultDeny } from "./annotation.ts";
export { isEgressAllowed, isEgressIsolated, isNameAllowed } from "./egress.ts";
export { isIngressAllowed } from "./ingress.ts";
export {
  addressOf,
  type PolicyDestination,
  type PolicyNamespace,
  type PolicyPod,
  type PolicyPort,
  type PolicySource,
  type PolicyVerdict,
} from "./peer.ts";
export { type Policy, readPolicy } from "./policy.ts";
