import type { KubeObject, ObjectMeta } from "@beemesh/model";
import { isStamp, readStamp } from "@beemesh/wire";

/** Annotation of a pod record: the stamp of the award that gave it to its machine. */
export const boundAtAnnotation = "beemesh.io/bound-at";

/** Annotation of a pod record: the uid of the lost pod whose slot and name it took. */
export const replacesAnnotation = "beemesh.io/replaces";

/** A pod that this machine runs. */
export interface HeldPod {
  readonly uid: string;
  /** This machine, as in `spec.nodeName`. */
  readonly machine: string;
  /** Wall time since when it has run here without a gap; undefined if it has ended or is lost. */
  readonly heldSinceMs: number | undefined;
  /** Wall time of its own award, see {@link boundAtMs}; undefined for a pod never awarded. */
  readonly boundAtMs: number | undefined;
}

/** What the registry says of the pod's name: its record, that it is deleted, or nothing. */
export type NameRecord = KubeObject | "deleted" | "unknown";

/**
 * Settles who stays when a machine runs a pod and the record of its name says otherwise, as
 * after a partition.
 *
 * - `keep`: nothing to do.
 * - `stop`: unassign the pod.
 * - `reassert`: write the pod's own record again, with a newer stamp.
 *
 * Age decides: a pod that was held before its replacement was awarded stays. No two machines can
 * reassert against each other for ever, because nobody counts as older than their own award: if
 * A is older than B's award, then B is not older than A's.
 *
 * Where somebody stamps ahead of the time, the time of awards stands still until that has caught
 * up. Of two awards of the same time that of the replaced pod is the older one.
 *
 * `keep` for a record that names this pod holds also while it is being deleted: then the pod's
 * own life, not this rule, brings it to its end.
 */
export function settle(mine: HeldPod, record: NameRecord): "keep" | "reassert" | "stop" {
  if (record === "unknown") return "keep";
  if (record === "deleted") return "stop";
  if (record.metadata.uid === mine.uid) {
    const machine = machineOf(record);
    return machine === undefined || machine === mine.machine ? "keep" : "stop";
  }
  return isReplacement(record) && isOlder(mine, record) ? "reassert" : "stop";
}

/** Whether the record took its name over because the pod before it was held to be lost. */
function isReplacement({ metadata }: KubeObject): boolean {
  const { annotations, deletionTimestamp } = metadata;
  return annotations?.[replacesAnnotation] !== undefined && deletionTimestamp === undefined;
}

function isOlder(mine: HeldPod, { metadata }: KubeObject): boolean {
  const { uid, heldSinceMs, boundAtMs: ownMs } = mine;
  if (heldSinceMs === undefined) return false;
  const sinceMs = Math.max(heldSinceMs, ownMs ?? heldSinceMs);
  const theirsMs = boundAtMs(metadata) ?? Infinity;
  const isReplaced = metadata.annotations?.[replacesAnnotation] === uid;
  return sinceMs < theirsMs || (sinceMs === theirsMs && isReplaced);
}

/** Wall time of the award that the metadata of a pod tell of; undefined without one. */
export function boundAtMs(metadata: ObjectMeta): number | undefined {
  const stamp = metadata.annotations?.[boundAtAnnotation];
  return isStamp(stamp) ? readStamp(stamp).wallMs : undefined;
}

function machineOf({ spec }: KubeObject): string | undefined {
  if (typeof spec !== "object" || spec === null || !("nodeName" in spec)) return undefined;
  return typeof spec.nodeName === "string" && spec.nodeName !== "" ? spec.nodeName : undefined;
}
