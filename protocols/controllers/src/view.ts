import type { Now } from "@beemesh/base";
import { isPod, type KubeObject, type OwnerReference, type Resource } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import type { CollectionId } from "@beemesh/wire";
import type { Autoscaling } from "./autoscaling.ts";
import type { Census } from "./census.ts";
import type { ObjectRef } from "./effect.ts";
import { namespaceResource } from "./kinds.ts";
import type { Members } from "./members.ts";
import type { Action } from "./patience.ts";
import { isOver } from "./pod-facts.ts";
import type { PodGate } from "./pod-gate.ts";
import type { Scheduling } from "./scheduling.ts";
import { timestampOf } from "./timestamp.ts";
import type { UsageBook } from "./usage-book.ts";

/** The world as a controller sees it during one look. */
export interface View {
  readonly store: ObjectStore;
  readonly census: Census;
  readonly members: Members;
  readonly scheduling: Scheduling;
  readonly autoscaling: Autoscaling;
  readonly usage: Pick<UsageBook, "of">;
  /** Where pods come in that a controller makes. */
  readonly gate: PodGate;
  readonly now: Now;
  readonly serviceCidr: string;
  /** A uid that nobody has had, made from what it is for. */
  readonly newUid: (purpose: string) => string;
  readonly wasDeleted: (collection: CollectionId, name: string) => boolean;
}

/** What a controller found. */
export interface Findings {
  readonly actions: readonly Action[];
  /** When to look again although nothing has changed. */
  readonly againInMs?: number;
}

/** Looks at one object and says what is missing. */
export type Look = (object: KubeObject, view: View) => Findings;

/** Nothing is missing. */
export const fine: Findings = { actions: [] };

/** Names this very object. */
export function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  const { name, namespace, uid = "" } = metadata;
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name, uid };
}

/** The owner that controls the object. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** What the owner of that uid controls. */
export function controlledBy(uid: string, census: Pick<Census, "ownedBy">): KubeObject[] {
  return census
    .ownedBy(uid)
    .map(({ object }) => object)
    .filter((object) => controllerOf(object)?.uid === uid);
}

/** The object with other owners. */
export function withOwners(object: KubeObject, owners: readonly OwnerReference[]): KubeObject {
  const { ownerReferences: _, ...metadata } = object.metadata;
  const own = owners.length === 0 ? {} : { ownerReferences: owners };
  return { ...object, metadata: { ...metadata, ...own } };
}

/** What makes the owner a controller of what it owns. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  const { name, uid = "" } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** What makes the owner the controller of an object that has none. */
export function adopting(owner: KubeObject, resource: Resource, object: KubeObject): Action {
  const owners = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)];
  return putting(`adopt ${object.metadata.uid}`, resource, withOwners(object, owners));
}

/** What lets an object go that its owner does not select any more. */
export function releasing(owner: KubeObject, resource: Resource, object: KubeObject): Action {
  const { ownerReferences = [], uid } = object.metadata;
  const owners = ownerReferences.filter((each) => each.uid !== owner.metadata.uid);
  return putting(`release ${uid}`, resource, withOwners(object, owners));
}

/** Whether the object is being deleted. */
export function isEnding({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** A write of the object's specification. */
export function putting(id: string, resource: Resource, object: KubeObject): Action {
  return { id, effects: [{ kind: "put", resource, object }] };
}

/** A write of the object's status. */
export function puttingStatus(id: string, resource: Resource, object: KubeObject): Action {
  return { id, effects: [{ kind: "putStatus", resource, object }] };
}

/** Counts change many times while something is under way: they are told together. */
const countsSettleMs = 100;

/** A write of a status that counts what others do. */
export function puttingCounts(text: string, resource: Resource, object: KubeObject): Action {
  const action = puttingStatus(`status ${text}`, resource, object);
  return { ...action, group: "status", settleMs: countsSettleMs };
}

/** The end of a record. */
export function removing(resource: Resource, object: KubeObject): Action {
  const ref = refOf(object);
  return { id: `remove ${resource.name} ${ref.uid}`, effects: [{ kind: "remove", resource, ref }] };
}

/**
 * Deletes as the API does: at once what nothing holds, else by a mark that lets whoever holds it
 * end it first. Undefined if it is marked already.
 */
export function deleting(resource: Resource, object: KubeObject, now: Now): Action | undefined {
  if (isEnding(object)) return undefined;
  const { finalizers = [] } = object.metadata;
  const graceSeconds = graceSecondsOf(object);
  if (finalizers.length === 0 && graceSeconds === undefined) return removing(resource, object);
  const metadata = {
    ...object.metadata,
    deletionTimestamp: timestampOf(now.wallMs + (graceSeconds ?? 0) * 1000),
    deletionGracePeriodSeconds: graceSeconds ?? 0,
  };
  return putting(`delete ${resource.name} ${metadata.uid}`, resource, { ...object, metadata });
}

/** Only a pod that a machine has needs time to end, unless it has ended already. */
function graceSecondsOf(object: KubeObject): number | undefined {
  const { kind, spec } = object;
  if (isPod(object) && isOver(object)) return undefined;
  if (kind !== "Pod" || typeof spec !== "object" || spec === null) return undefined;
  if (!("nodeName" in spec) || !spec.nodeName) return undefined;
  const has = "terminationGracePeriodSeconds" in spec;
  return has && typeof spec.terminationGracePeriodSeconds === "number"
    ? spec.terminationGracePeriodSeconds
    : 30;
}

/** Whether the namespace of an object is being deleted, so that nothing may be made in it. */
export function isNamespaceEnding({ metadata }: KubeObject, { store }: View): boolean {
  const namespace = store.get(namespaceResource, "", metadata.namespace ?? "");
  return namespace !== undefined && isEnding(namespace);
}

/** An action that is told as an Event of an object. */
export function withEvent(
  action: Action,
  whose: KubeObject,
  reason: string,
  message: string,
): Action {
  const object = refOf(whose);
  return {
    ...action,
    effects: [...action.effects, { kind: "event", object, type: "Normal", reason, message }],
  };
}
