import type { Caller } from "./channel.ts";

/**
 * Who comes through the HTTP port of a machine, as policies see it: a peer of its own, in a
 * namespace that nobody has to make, as ingress controllers of Kubernetes stand in theirs.
 */
export const ingressPeer = {
  namespace: "beemesh-ingress",
  serviceAccount: "ingress",
  /** What a `podSelector` can name it by. */
  labels: { "app.kubernetes.io/name": "beemesh-ingress" },
} as const;

/** The ingress of one machine, by its peer ID. */
export function ingressCaller(issuer: string): Caller {
  const { namespace, serviceAccount } = ingressPeer;
  return { uid: `${namespace}-${issuer}`, namespace, serviceAccount, issuer };
}

/** Whether a caller is the ingress of the machine that speaks for it. */
export function isIngressCaller(caller: Caller): boolean {
  const { uid, namespace, serviceAccount } = ingressCaller(caller.issuer);
  return (
    caller.uid === uid && caller.namespace === namespace && caller.serviceAccount === serviceAccount
  );
}
