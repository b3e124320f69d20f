/**
 * What may not change of controllers, storage, access and priorities, in the words of
 * kube-apiserver; `update-rules.ts` has the rest.
 */
import { canonicalJson, type JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid } from "./cause.ts";
import { isSet, objectAt, textAt, valueAt } from "./members.ts";
import { typeNamed } from "./schema.ts";

/** What is wrong with the change from one version of an object to the next. */
export type ChangeRule = (before: JsonObject, body: JsonObject) => readonly Cause[];

/** Paths of fields that never change, by resource. */
export const fixedFields: Readonly<Record<string, readonly string[]>> = {
  daemonsets: ["spec.selector"],
  controllerrevisions: ["data"],
  runtimeclasses: ["handler"],
  priorityclasses: ["preemptionPolicy"],
  storageclasses: ["reclaimPolicy", "volumeBindingMode"],
  persistentvolumes: ["spec.volumeMode"],
  resourcequotas: ["spec.scopes"],
  volumeattachments: ["spec"],
  ipaddresses: ["spec.parentRef"],
  resourceclaims: ["spec"],
  resourceclaimtemplates: ["spec"],
  resourceslices: ["spec.driver", "spec.nodeName", "spec.pool.name"],
};

/** Rules by resource. */
export const kindChangeRules: Readonly<Record<string, ChangeRule>> = {
  statefulsets: statefulChange,
  persistentvolumes: volumeChange,
  persistentvolumeclaims: claimChange,
  storageclasses: (before, body) => [
    ...frozen(before, body, "parameters", "updates to parameters are forbidden."),
    ...frozen(before, body, "provisioner", "updates to provisioner are forbidden."),
  ],
  priorityclasses: (before, body) =>
    frozen(before, body, "value", "may not be changed in an update."),
  resourceclaims: allocationChange,
  rolebindings: roleChange,
  clusterrolebindings: roleChange,
};

function isSame(one: unknown, other: unknown): boolean {
  return canonicalJson(one ?? null) === canonicalJson(other ?? null);
}

function frozen(
  before: JsonObject,
  body: JsonObject,
  member: string,
  rule: string,
): readonly Cause[] {
  return isSame(before[member], body[member]) ? [] : [forbidden(member, rule)];
}

function without(object: JsonObject | undefined, members: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(object ?? {}).filter(([member]) => !members.includes(member)),
  );
}

const statefulFree = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

function statefulChange(before: JsonObject, body: JsonObject): readonly Cause[] {
  const [old, now] = [before, body].map((object) =>
    without(objectAt(object, "spec"), statefulFree),
  );
  const rule =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and " +
    "'minReadySeconds' are forbidden";
  return isSame(old, now) ? [] : [forbidden("spec", rule)];
}

const volumeSources = [...(typeNamed("core.v1.PersistentVolumeSource")?.members.keys() ?? [])];

function volumeChange(before: JsonObject, body: JsonObject): readonly Cause[] {
  const sources = [before, body].map((object) =>
    volumeSources.map((source) => valueAt(object, ["spec", source]) ?? null),
  );
  const rule = "spec.persistentvolumesource is immutable after creation";
  return isSame(sources[0], sources[1]) ? [] : [forbidden("spec.persistentvolumesource", rule)];
}

/** A claim is bound once; bound, it may ask for more, and for another class of attributes. */
function claimChange(before: JsonObject, body: JsonObject): readonly Cause[] {
  const isBound = textAt(before, "status", "phase") === "Bound";
  const free = [
    ...(textAt(before, "spec", "volumeName") === "" ? ["volumeName"] : []),
    ...(isSet(valueAt(before, ["spec", "storageClassName"])) ? [] : ["storageClassName"]),
    ...(isBound ? ["resources", "volumeAttributesClassName"] : []),
  ];
  const [old, now] = [before, body].map((object) => without(objectAt(object, "spec"), free));
  const rule =
    "spec is immutable after creation except resources.requests and volumeAttributesClassName " +
    "for bound claims";
  return isSame(old, now) ? [] : [forbidden("spec", rule)];
}

/** Devices are given, and taken back, whole. */
function allocationChange(before: JsonObject, body: JsonObject): readonly Cause[] {
  const [old, now] = [before, body].map((object) => objectAt(object, "status", "allocation"));
  const isChanged = old !== undefined && now !== undefined && !isSame(old, now);
  return isChanged ? [invalid("status.allocation", now, "field is immutable")] : [];
}

function roleChange(before: JsonObject, body: JsonObject): readonly Cause[] {
  return isSame(before["roleRef"], body["roleRef"])
    ? []
    : [invalid("roleRef", body["roleRef"], "cannot change roleRef")];
}
