/** What may not change once it is set, resource by resource. */
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid } from "./cause.ts";
import { type ChangeRule, fixedFields, kindChangeRules } from "./change-rules.ts";
import { isSet, listAt, numberAt, objectAt, objectsAt, textAt, valueAt } from "./members.ts";
import { resizeCauses } from "./resize-rules.ts";
import type { Resource } from "./resource.ts";

/**
 * What is wrong with the change from one version of an object to the next.
 *
 * @param subresource - Through which it is changed; empty for the object itself.
 */
export function updateCauses(
  { name }: Resource,
  before: JsonObject,
  body: JsonObject,
  subresource = "",
): readonly Cause[] {
  if (name === "pods" && subresource === "resize") {
    return [...metadataCauses(before, body), ...resizeCauses(before, body)];
  }
  return [
    ...metadataCauses(before, body),
    ...(immutable[name] ?? []).flatMap((path) => immutableCauses(path, before, body)),
    ...(changeRules[name]?.(before, body) ?? []),
  ];
}

/** What is wrong with an object that is new and would be right later. */
export function createCauses({ name, group }: Resource, body: JsonObject): readonly Cause[] {
  const isPod = name === "pods" && group === "";
  if (!isPod || listAt(body, "spec", "ephemeralContainers").length === 0) return [];
  return [forbidden("spec.ephemeralContainers", "cannot be set on create")];
}

/** Paths of fields that never change. */
const immutable: Readonly<Record<string, readonly string[]>> = {
  deployments: ["spec.selector"],
  replicasets: ["spec.selector"],
  jobs: [
    "spec.backoffLimitPerIndex",
    "spec.completionMode",
    "spec.managedBy",
    "spec.podFailurePolicy",
    "spec.selector",
    "spec.successPolicy",
    "spec.template",
  ],
  secrets: ["type"],
  endpointslices: ["addressType"],
  ingressclasses: ["spec.controller"],
  ...fixedFields,
};

const changeRules: Readonly<Record<string, ChangeRule>> = {
  pods: podChange,
  services: serviceChange,
  jobs: completionsChange,
  configmaps: (before, body) => frozenCauses(before, body, ["data", "binaryData"]),
  secrets: (before, body) => frozenCauses(before, body, ["data"]),
  ...kindChangeRules,
};

function metadataCauses(before: JsonObject, body: JsonObject): readonly Cause[] {
  return ["metadata.name", "metadata.namespace", "metadata.uid"]
    .filter((path) => isSet(valueAt(body, path.split("."))))
    .flatMap((path) => immutableCauses(path, before, body));
}

function immutableCauses(path: string, before: JsonObject, body: JsonObject): readonly Cause[] {
  const [old, now] = [before, body].map((object) => valueAt(object, path.split(".")));
  return canonicalJson(old) === canonicalJson(now)
    ? []
    : [invalid(path, now, "field is immutable")];
}

/** `immutable: true` freezes the data for good. */
function frozenCauses(
  before: JsonObject,
  body: JsonObject,
  members: readonly string[],
): readonly Cause[] {
  if (before["immutable"] !== true) return [];
  const rule = "field is immutable when `immutable` is set";
  const thawed = body["immutable"] === true ? [] : [forbidden("immutable", rule)];
  const changed = members.filter(
    (member) => canonicalJson(before[member] ?? {}) !== canonicalJson(body[member] ?? {}),
  );
  return [...thawed, ...changed.map((member) => forbidden(member, rule))];
}

/** An address is given once; only a service without one may get one, or give it up by its type. */
function serviceChange(before: JsonObject, body: JsonObject): readonly Cause[] {
  const [old, now] = [before, body].map((object) => textAt(object, "spec", "clusterIP"));
  const isExternal = [before, body].some(
    (object) => textAt(object, "spec", "type") === "ExternalName",
  );
  if (isExternal || old === "" || old === undefined || old === now) return [];
  const value = listAt(body, "spec", "clusterIPs");
  return [
    invalid("spec.clusterIPs[0]", value.length > 0 ? value : [now], "may not change once set"),
  ];
}

/** Of an Indexed Job both numbers may change together: it is made larger or smaller. */
function completionsChange(before: JsonObject, body: JsonObject): readonly Cause[] {
  const isElastic = [before, body].every(
    (job) =>
      textAt(job, "spec", "completionMode") === "Indexed" &&
      numberAt(job, "spec", "completions") === numberAt(job, "spec", "parallelism"),
  );
  return isElastic ? [] : immutableCauses("spec.completions", before, body);
}

const podRule =
  "pod updates may not change fields other than `spec.containers[*].image`," +
  "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` " +
  "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` " +
  "(allow it to be set to 1 if it was previously negative)";

function podChange(before: JsonObject, body: JsonObject): readonly Cause[] {
  const [old, now] = [objectAt(before, "spec") ?? {}, objectAt(body, "spec") ?? {}];
  return [
    ...ephemeralCauses(old, now),
    ...tolerationCauses(old, now),
    ...deadlineCauses(old, now),
    ...(canonicalJson(fixedPart(old)) === canonicalJson(fixedPart(now))
      ? []
      : [forbidden("spec", podRule)]),
  ];
}

/** What was added to a pod to look into it stays as it is. */
function ephemeralCauses(old: JsonObject, now: JsonObject): readonly Cause[] {
  const field = "spec.ephemeralContainers";
  const list = objectsAt(now, "ephemeralContainers");
  return objectsAt(old, "ephemeralContainers").flatMap((was) => {
    const name = textAt(was, "name");
    const is = list.find((each) => textAt(each, "name") === name);
    if (is !== undefined && canonicalJson(is) === canonicalJson(was)) return [];
    const what = is === undefined ? "removed" : "changed";
    return [
      forbidden(field, `existing ephemeral containers ${JSON.stringify(name)} may not be ${what}`),
    ];
  });
}

/** A pod's specification without what may change, and what its own subresource changes. */
function fixedPart(spec: JsonObject): JsonObject {
  const { activeDeadlineSeconds: _deadline, tolerations: _tolerations, ...rest } = spec;
  return {
    ...rest,
    containers: objectsAt(spec, "containers").map(withoutImage),
    initContainers: objectsAt(spec, "initContainers").map(withoutImage),
    ephemeralContainers: [],
  };
}

function withoutImage({ image: _image, ...rest }: JsonObject): JsonObject {
  return rest;
}

function tolerationCauses(old: JsonObject, now: JsonObject): readonly Cause[] {
  const kept = new Set(listAt(now, "tolerations").map((each) => tolerationText(each)));
  const lost = listAt(old, "tolerations").some((each) => !kept.has(tolerationText(each)));
  const rule = "existing toleration can not be modified except its tolerationSeconds";
  return lost ? [forbidden("spec.tolerations", rule)] : [];
}

function tolerationText(toleration: Json): string {
  if (!isJsonObject(toleration)) return "";
  const { tolerationSeconds: _seconds, ...rest } = toleration;
  return canonicalJson(rest);
}

function deadlineCauses(old: JsonObject, now: JsonObject): readonly Cause[] {
  const [was, is] = [old, now].map((spec) => numberAt(spec, "activeDeadlineSeconds"));
  const field = "spec.activeDeadlineSeconds";
  if (was === undefined || was === is) return [];
  if (is === undefined)
    return [invalid(field, null, "must not update from a positive integer to nil value")];
  const rule = "must be less than or equal to previous value";
  return is > was ? [invalid(field, is, rule)] : [];
}
