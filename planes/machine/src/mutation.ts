/**
 * Pods that are not as their template says because a mutating webhook has changed them. Their
 * record names the webhook; only one that is here, and that speaks of the pods of their namespace,
 * counts. Nobody makes one known who may not write what belongs to no namespace.
 */
import { mayMutatePods, mutatorsOf } from "@beemesh/admission";
import type { Pod } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { collectionOf, type RecordName } from "@beemesh/wire";
import { resourceNamed } from "./resource.ts";

const configurations = resourceNamed(
  "admissionregistration.k8s.io",
  "mutatingwebhookconfigurations",
);

/** What is known here of those who have changed a pod. */
export interface Mutation {
  /** Whether anybody has, by the pod's own word. */
  readonly isNoted: boolean;
  /** Whether all of them may have. */
  readonly isAllowed: boolean;
  /** The record of one that is not known. */
  readonly missing: RecordName | undefined;
}

/** Who has changed a pod, by its own word, and whether they may have. */
export function mutationOf(pod: Pod, objects: Pick<ObjectStore, "get" | "list">): Mutation {
  const mutators = mutatorsOf(pod);
  const { namespace = "" } = pod.metadata;
  const unknown = mutators.find(
    ({ configuration }) => objects.get(configurations, "", configuration) === undefined,
  );
  const collection = collectionOf(configurations.name, configurations.group);
  const isNoted = mutators.length > 0;
  return {
    isNoted,
    isAllowed: isNoted && mutators.every((mutator) => mayMutatePods(objects, namespace, mutator)),
    missing: unknown && { collection, name: unknown.configuration },
  };
}
