import { type KubeObject, type OwnerReference, type Resource } from "@beemesh/model";
import { collectionOf } from "@beemesh/wire";
import type { Action } from "./patience.ts";
import {
  deleting,
  type Findings,
  isEnding,
  putting,
  removing,
  type View,
  withOwners,
} from "./view.ts";

/** Finalizer of an owner that goes only after what it owns. */
const foreground = "foregroundDeletion";

/** Finalizer of an owner that leaves behind what it owns. */
const orphan = "orphan";

/**
 * Ends what has lost its owners, and owners that wait for that. It acts only on what is known to
 * be deleted: an owner that is merely not there may be on its way.
 *
 * Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export function lookForGarbage(resource: Resource, object: KubeObject, view: View): Findings {
  if (isEnding(object)) return { actions: end(resource, object, view) };
  const { ownerReferences: owners = [] } = object.metadata;
  if (owners.length === 0) return { actions: [] };
  const gone = owners.filter((owner) => isGone(owner, object, view));
  const leaving = owners.filter((owner) => isLeaving(owner, object, view));
  if (gone.length + leaving.length === owners.length) {
    const action = deleting(resource, object, view.now);
    return { actions: action === undefined ? [] : [action] };
  }
  // Who waits for it to go lets it go, as it stays with another.
  const lost = [...gone, ...leaving];
  if (lost.length === 0) return { actions: [] };
  const left = owners.filter((owner) => !lost.includes(owner));
  const id = `disown ${object.metadata.uid}`;
  return { actions: [putting(id, resource, withOwners(object, left))] };
}

/** What an object that is being deleted waits for. Pods end on their machines. */
function end(resource: Resource, object: KubeObject, view: View): Action[] {
  const { finalizers = [] } = object.metadata;
  const endsByItself = resource.name === "pods" || resource.name === "namespaces";
  if (finalizers.length === 0) return endsByItself ? [] : [removing(resource, object)];
  const waiting = dependentsOf(object, view);
  if (waiting !== undefined) return waiting;
  const left = finalizers.filter((name) => name !== foreground && name !== orphan);
  if (left.length === finalizers.length) return [];
  const isHeld = left.length > 0 || endsByItself;
  return [isHeld ? finalized(resource, object, left) : removing(resource, object)];
}

/** What is to be done first with what the object owns; undefined if nothing is in the way. */
function dependentsOf({ metadata }: KubeObject, { census }: View): Action[] | undefined {
  const { finalizers = [], uid = "" } = metadata;
  const dependents = census.ownedBy(uid);
  if (finalizers.includes(orphan) && dependents.length > 0) {
    return dependents.map((entry) => disown(entry.resource, entry.object, uid));
  }
  // They see by themselves that their owner waits for them.
  const isHeld = dependents.some(({ object }) => blocks(object, uid));
  return finalizers.includes(foreground) && isHeld ? [] : undefined;
}

function finalized(resource: Resource, object: KubeObject, finalizers: readonly string[]): Action {
  const metadata = { ...object.metadata, finalizers };
  return putting(`finalize ${metadata.uid}`, resource, { ...object, metadata });
}

function disown(resource: Resource, object: KubeObject, ownerUid: string): Action {
  const owners = object.metadata.ownerReferences?.filter(({ uid }) => uid !== ownerUid) ?? [];
  const id = `orphan ${object.metadata.uid}`;
  return putting(id, resource, withOwners(object, owners));
}

function blocks({ metadata }: KubeObject, ownerUid: string): boolean {
  const owner = metadata.ownerReferences?.find(({ uid }) => uid === ownerUid);
  return owner?.blockOwnerDeletion === true;
}

/** Whether the owner is known to be deleted: by its uid, by its successor, by its tombstone. */
function isGone(owner: OwnerReference, object: KubeObject, view: View): boolean {
  const there = ownerOf(owner, object, view);
  if (there?.metadata.uid === owner.uid) return false;
  if (there !== undefined || view.census.wasDeleted(owner.uid)) return true;
  const resource = view.store.resources.ofKind(owner.apiVersion, owner.kind);
  if (resource === undefined) return false;
  const namespace = resource.namespaced ? object.metadata.namespace : undefined;
  return view.wasDeleted(collectionOf(resource.name, resource.group, namespace), owner.name);
}

/** Whether the owner waits for what it owns to go first. */
function isLeaving(owner: OwnerReference, object: KubeObject, view: View): boolean {
  const there = ownerOf(owner, object, view);
  if (there === undefined || there.metadata.uid !== owner.uid || !isEnding(there)) return false;
  return there.metadata.finalizers?.includes(foreground) === true;
}

function ownerOf(
  { apiVersion, kind, name }: OwnerReference,
  { metadata }: KubeObject,
  { store }: View,
): KubeObject | undefined {
  const resource = store.resources.ofKind(apiVersion, kind);
  if (resource === undefined) return undefined;
  return store.get(resource, resource.namespaced ? (metadata.namespace ?? "") : "", name);
}
