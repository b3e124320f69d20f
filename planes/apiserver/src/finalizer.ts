import type { KubeObject } from "@beemesh/model";
import { listAt } from "./field.ts";

/** Finalizers of the garbage collector: dependents go first, or are let go. */
export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

/**
 * Whether the object is being deleted and nothing but finalizers keeps it: no machine that has
 * yet to stop it, no namespace that has yet to be emptied.
 */
export function isHeldOnlyByFinalizers(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds > 0) return false;
  return object.kind !== "Namespace" || listAt(object, "spec", "finalizers").length === 0;
}
