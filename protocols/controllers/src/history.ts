/** The ControllerRevisions of a StatefulSet or DaemonSet: one for each template that it had. */
import {
  asOfRevision,
  derivedUid,
  type KubeObject,
  type Pod,
  revisionNameOf,
  revisionOfTemplate,
  type Versioned,
} from "@beemesh/model";
import { controllerRevisionResource } from "./kinds.ts";
import type { Action } from "./patience.ts";
import { timestampOf } from "./timestamp.ts";
import { controllerOf, isEnding, putting, removing, type View } from "./view.ts";

/** Kubernetes' own default. */
const historyDefault = 10;

/** The revisions of an owner, as far as they are acted upon. */
export interface History {
  /** The revision of the present template, also before its record is there. */
  readonly update: KubeObject;
  /** All that are there. */
  readonly known: readonly KubeObject[];
  /** What brings the present one to the top, before any pod of it is made. */
  readonly actions: readonly Action[];
}

/** Finds the revisions of an owner, and what is missing of the present one. */
export function historyOf(owner: Versioned, view: View): History {
  const { uid = "", namespace = "" } = owner.metadata;
  const known = view.store
    .list(controllerRevisionResource, namespace)
    .items.filter((each) => controllerOf(each)?.uid === uid && !isEnding(each));
  const derived = revisionOfTemplate(owner);
  const there = known.find(({ metadata }) => metadata.name === derived.metadata.name);
  const last = Math.max(0, ...known.filter((each) => each !== there).map(numberOf));
  if (there !== undefined && numberOf(there) > last) {
    return { update: there, known, actions: [] };
  }
  const number = last + 1;
  const update = there ?? created(derived, view);
  const { name } = update.metadata;
  const action = putting(`revision ${name} ${number}`, controllerRevisionResource, {
    ...update,
    revision: number,
  });
  return { update, known, actions: [action] };
}

/** Computed, so that two keepers make one revision; another one if that has been deleted. */
function created(derived: KubeObject, { census, now }: View): KubeObject {
  let uid = derived.metadata.uid ?? "";
  while (census.wasDeleted(uid)) uid = derivedUid(uid);
  const creationTimestamp = timestampOf(now.wallMs);
  return { ...derived, metadata: { ...derived.metadata, uid, creationTimestamp } };
}

/** The number of a revision, from 1; 0 if it has none. */
export function numberOf(revision: KubeObject): number {
  const number = revision["revision"];
  return typeof number === "number" && Number.isSafeInteger(number) ? number : 0;
}

/** The owner with the template of a revision, and the owner as it is for the present one. */
export function ownerAt<Owner extends Versioned>(owner: Owner, revision: KubeObject): Owner {
  return asOfRevision(owner, revision);
}

/** Whether a pod is of a revision. */
export function isOf(pod: Pod, owner: Versioned, revision: KubeObject): boolean {
  const { kind, metadata } = owner;
  return revisionNameOf(pod, { kind, name: metadata.name }) === revision.metadata.name;
}

/** Forgets the oldest revisions that no pod is of, beyond what the owner wants kept. */
export function forgetting(
  owner: Versioned,
  { update, known }: History,
  used: ReadonlySet<string>,
): Action[] {
  const { revisionHistoryLimit = historyDefault } = owner.spec;
  const idle = known
    .filter(({ metadata }) => metadata.name !== update.metadata.name && !used.has(metadata.name))
    .toSorted((a, b) => numberOf(a) - numberOf(b));
  const surplus = Math.max(0, idle.length - revisionHistoryLimit);
  return idle.slice(0, surplus).map((each) => removing(controllerRevisionResource, each));
}
