import type { Now } from "@beemesh/base";
import type { Pod } from "@beemesh/model";
import type { CloneCause } from "./effect.ts";
import { isStranded } from "./pod-facts.ts";
import { replacesAnnotation } from "./settlement.ts";
import { timestampOf, wallMsOf } from "./timestamp.ts";
import type { View } from "./view.ts";

/** Annotation of a clone: what made it necessary, a {@link CloneCause}. */
export const causeAnnotation = "beemesh.io/clone-cause";

/** Annotation of a clone: how many clones its slot has had in a row. */
const clonesAnnotation = "beemesh.io/clones";

/** The n-th clone in a row of a pod that fails waits 2^n s since the one before, to 5 min. */
const cloneWaitMsFirst = 1000;
const cloneWaitMsMax = 300_000;

/** A pod that lived this long starts over. */
const healthyMs = 600_000;

/** A derived pod that is made now. */
export function made(pod: Pod, { wallMs }: Now): Pod {
  const creationTimestamp = timestampOf(wallMs);
  return { ...pod, metadata: { ...pod.metadata, generation: 1, creationTimestamp } };
}

/** Why a pod that is lost is cloned by its controller. */
export function causeOf(lost: Pod, { members }: View): CloneCause {
  return isStranded(lost, members) ? "machine-lost" : "pod-lost";
}

/** A fresh pod of the name that a lost one had, marked as the one that takes its place. */
export function asClone(
  fresh: Pod,
  lost: Pod,
  { cause, now }: { readonly cause: CloneCause; readonly now: Now },
): Pod {
  const annotations = {
    ...fresh.metadata.annotations,
    [replacesAnnotation]: lost.metadata.uid ?? "",
    [causeAnnotation]: cause,
    [clonesAnnotation]: String(clonesOf(lost, now.wallMs) + 1),
  };
  return { ...fresh, metadata: { ...fresh.metadata, annotations } };
}

/** How long to wait before a lost pod is cloned; 0 if that may be done now. */
export function cloneWaitMs(pod: Pod, { now, members }: View): number {
  // That its machine died is not the pod's doing: only pods that fail again and again wait.
  if (isStranded(pod, members)) return 0;
  const clones = clonesOf(pod, now.wallMs);
  if (clones === 0) return 0;
  const madeMs = wallMsOf(pod.metadata.creationTimestamp) ?? 0;
  const waitMs = Math.min(cloneWaitMsMax, cloneWaitMsFirst * 2 ** clones);
  return Math.min(waitMs, Math.max(0, madeMs + waitMs - now.wallMs));
}

function clonesOf({ metadata }: Pod, wallMs: number): number {
  const madeMs = wallMsOf(metadata.creationTimestamp) ?? 0;
  const clones = Number(metadata.annotations?.[clonesAnnotation] ?? 0);
  return wallMs - madeMs >= healthyMs || !Number.isSafeInteger(clones) ? 0 : clones;
}
