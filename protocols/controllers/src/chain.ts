import {
  isDeployment,
  isDerivedFrom,
  isPlacedBy,
  isReplicaSet,
  isRevisionOf,
  isVersioned,
  type KubeObject,
  type Pod,
  replicaSetOf,
  type Versioned,
} from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";

/** Whether a machine may start a pod, and if not, which link of the chain is broken. */
export type ChainVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Checks that a pod is what its owners ask for: the pod exactly what the template of its
 * ReplicaSet or Job derives (labels, and the spec but for `nodeName`), and the ReplicaSet a
 * revision of the Deployment. A pod without a controller stands for itself.
 *
 * The caller has already verified each object's signature and that its author has authority over
 * the namespace. An earlier revision cannot be derived from the Deployment as it is now; its
 * name and selector must then carry the hash of its own template.
 *
 * @param upper - What controls the pod, if that is known.
 * @param top - What controls that one; for a StatefulSet or DaemonSet the ControllerRevision that
 *   the pod is of.
 * @param mayDiffer - Whether a webhook that may do so has changed what runs in the pod: then it has
 *   its owner's place, name and labels, and nothing else of it is compared.
 */
export function checkChain(
  pod: Pod,
  upper?: KubeObject,
  top?: KubeObject,
  mayDiffer = false,
): ChainVerdict {
  const owner = controllerOf(pod);
  if (owner === undefined) return { ok: true };
  const { kind } = owner;
  if (!derivingKinds.has(kind)) return broken(`a ${kind} controls the pod`);
  if (upper === undefined) return broken(`its ${kind} is not known`);
  if (!isOwner(owner, upper, pod)) return broken(`another ${kind} controls it`);
  const isOf = mayDiffer ? isPlacedBy : isDerivedFrom;
  if (isVersioned(upper)) return checkMember(pod, { owner: upper, revision: top, isOf });
  if (!isOf(pod, upper)) return broken(`it differs from its ${kind}'s template`);
  return checkUpper(upper, top);
}

/** What pods are derived from. */
const derivingKinds: ReadonlySet<string> = new Set([
  "ReplicaSet",
  "ReplicationController",
  "Job",
  "StatefulSet",
  "DaemonSet",
]);

interface Membership {
  readonly owner: Versioned;
  readonly revision: KubeObject | undefined;
  readonly isOf: typeof isDerivedFrom;
}

/** A pod of a StatefulSet or DaemonSet is of one of its revisions, which is `revision`. */
function checkMember(pod: Pod, { owner, revision, isOf }: Membership): ChainVerdict {
  if (revision === undefined) return broken("its ControllerRevision is not known");
  if (!isRevisionOf(revision, owner)) return broken(`its revision is none of its ${owner.kind}`);
  return isOf(pod, owner, revision)
    ? { ok: true }
    : broken(`it differs from its ${owner.kind}'s template`);
}

/**
 * The second link. A ReplicaSet stands for itself unless a Deployment controls it; a Job always:
 * whoever made it, such as a CronJob, may have another template by now.
 */
function checkUpper(upper: KubeObject, top: KubeObject | undefined): ChainVerdict {
  const owner = controllerOf(upper);
  if (owner === undefined || upper.kind !== "ReplicaSet") return { ok: true };
  if (owner.kind !== "Deployment") return broken(`a ${owner.kind} controls the ReplicaSet`);
  if (top === undefined) return broken("its Deployment is not known");
  if (!isOwner(owner, top, upper)) return broken("another Deployment controls it");
  if (!isSetOf(top, upper)) return broken("its ReplicaSet is no revision of its Deployment");
  return { ok: true };
}

/** Whether the ReplicaSet is what the Deployment derives of its own or of an earlier template. */
function isSetOf(deployment: KubeObject, replicaSet: KubeObject): boolean {
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

function isOwner(reference: Owner, owner: KubeObject, owned: KubeObject): boolean {
  const { apiVersion, kind, name, uid } = reference;
  return (
    owner.apiVersion === apiVersion &&
    owner.kind === kind &&
    owner.metadata.name === name &&
    owner.metadata.uid === uid &&
    owner.metadata.namespace === owned.metadata.namespace
  );
}

function broken(reason: string): ChainVerdict {
  return { ok: false, reason };
}
