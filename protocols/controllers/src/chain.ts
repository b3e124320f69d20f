import {
  isDeployment,
  isDerivedFrom,
  isReplicaSet,
  type KubeObject,
  type Pod,
  replicaSetOf,
} from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";

/** Whether a machine may start a pod, and if not, which link of the chain is broken. */
export type ChainVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Checks that a pod is what its owners ask for: the pod exactly what the ReplicaSet's template
 * derives (labels, and the spec but for `nodeName`), and the ReplicaSet a revision of the
 * Deployment. A pod without a controller stands for itself.
 *
 * The caller has already verified each object's signature and that its author has authority over
 * the namespace. An earlier revision cannot be derived from the Deployment as it is now; its
 * name and selector must then carry the hash of its own template.
 */
export function checkChain(
  pod: Pod,
  replicaSet?: KubeObject,
  deployment?: KubeObject,
): ChainVerdict {
  const owner = controllerOf(pod);
  if (owner === undefined) return { ok: true };
  if (owner.kind !== "ReplicaSet") return broken(`a ${owner.kind} controls the pod`);
  if (replicaSet === undefined) return broken("its ReplicaSet is not known");
  if (!isOwner(owner, replicaSet, pod)) return broken("another ReplicaSet controls it");
  if (!isDerivedFrom(pod, replicaSet)) return broken("it differs from its ReplicaSet's template");
  const upper = controllerOf(replicaSet);
  if (upper === undefined) return { ok: true };
  if (upper.kind !== "Deployment") return broken(`a ${upper.kind} controls the ReplicaSet`);
  if (deployment === undefined) return broken("its Deployment is not known");
  if (!isOwner(upper, deployment, replicaSet)) return broken("another Deployment controls it");
  if (!isRevisionOf(deployment, replicaSet)) {
    return broken("its ReplicaSet is no revision of its Deployment");
  }
  return { ok: true };
}

/** Whether the ReplicaSet is what the Deployment derives of its own or of an earlier template. */
function isRevisionOf(deployment: KubeObject, replicaSet: KubeObject): boolean {
  if (!isDeployment(deployment) || !isReplicaSet(replicaSet)) return false;
  const { template, selector } = replicaSet.spec;
  const then = replicaSetOf({ ...deployment, spec: { ...deployment.spec, template } });
  return (
    then.metadata.name === replicaSet.metadata.name &&
    canonicalJson(then.spec.template) === canonicalJson(template) &&
    canonicalJson(then.spec.selector) === canonicalJson(selector)
  );
}

type Owner = NonNullable<ReturnType<typeof controllerOf>>;

function controllerOf({ metadata }: KubeObject) {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

function isOwner({ kind, name, uid }: Owner, owner: KubeObject, owned: KubeObject): boolean {
  return (
    owner.kind === kind &&
    owner.metadata.name === name &&
    owner.metadata.uid === uid &&
    owner.metadata.namespace === owned.metadata.namespace
  );
}

function broken(reason: string): ChainVerdict {
  return { ok: false, reason };
}
