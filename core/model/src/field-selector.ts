/**
 * Field selectors: the few members by which lists and watches can be narrowed, resource by
 * resource.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
import { objectsAt, textAt, valueAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import type { Resource } from "./resource.ts";

/** What one field must be, or must not be. */
export interface FieldRequirement {
  /** Such as `status.phase`. */
  readonly field: string;
  readonly isEqual: boolean;
  readonly value: string;
}

/** Which fields are wanted: those that meet every requirement. */
export type FieldSelector = readonly FieldRequirement[];

/** Longer text is no selector that a client sends. */
const selectorLengthMax = 16_384;

/** The fields that can be selected by, beside name and namespace, by resource. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
  ],
  events: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  jobs: ["status.successful"],
  namespaces: ["status.phase"],
  nodes: ["spec.unschedulable"],
  replicasets: ["status.replicas"],
  resourceslices: ["spec.driver", "spec.nodeName"],
  secrets: ["type"],
  replicationcontrollers: ["status.replicas"],
  certificatesigningrequests: ["spec.signerName"],
  services: ["spec.clusterIP", "spec.type"],
};

const everywhere = ["metadata.name", "metadata.namespace"];

/**
 * Reads the text of a field selector, such as `metadata.name=a,status.phase!=Running`. `\,`, `\=`
 * and `\\` stand for the characters themselves.
 *
 * @param resource - If given, only fields that its objects can be selected by are taken.
 */
export function parseFieldSelector(
  text: string,
  resource?: Resource,
):
  | { readonly ok: true; readonly selector: FieldSelector }
  | { readonly ok: false; readonly message: string } {
  if (text.length > selectorLengthMax) return { ok: false, message: "selector is too long" };
  const selector: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    const [, field, sign, value = ""] = /^([^=!\\]+)(==|=|!=)((?:[^=\\]|\\.)*)$/su.exec(term) ?? [];
    if (field === undefined) {
      return { ok: false, message: `invalid selector: '${text}'; can't understand '${term}'` };
    }
    if (resource !== undefined && !isSelectable(resource, field)) {
      return { ok: false, message: `field label not supported: ${field}` };
    }
    selector.push({ field, isEqual: sign !== "!=", value: value.replaceAll(/\\(.)/gsu, "$1") });
  }
  return { ok: true, selector };
}

/** Whether an object meets a field selector. A member that is not there reads as empty text. */
export function matchesFields(selector: FieldSelector, object: KubeObject): boolean {
  return selector.every(
    ({ field, isEqual, value }) => (fieldText(object, field) === value) === isEqual,
  );
}

function isSelectable({ name, custom }: Resource, field: string): boolean {
  if (everywhere.includes(field)) return true;
  if (custom === undefined) return selectable[name]?.includes(field) ?? false;
  return objectsAt(custom.version, "selectableFields").some(
    (each) => textAt(each, "jsonPath") === `.${field}`,
  );
}

/** The parts between commas, but for escaped ones; empty parts are left out. */
function splitTerms(text: string): readonly string[] {
  return (text.match(/(?:[^,\\]|\\.)+|\\$/gsu) ?? []).filter((term) => term !== "");
}

function fieldText(object: KubeObject, field: string): string {
  const value = valueAt(object, (renamed[`${object.kind} ${field}`] ?? field).split("."));
  if (value === undefined || value === null) return missingText(field);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Fields that stand elsewhere than their name says, by kind. */
const renamed: Readonly<Record<string, string>> = {
  "Event source": "source.component",
  "Job status.successful": "status.succeeded",
};

/** Go knows no missing truth value or number: they read as their zero value. */
function missingText(field: string): string {
  if (field === "spec.unschedulable" || field === "spec.hostNetwork") return "false";
  return ["status.replicas", "status.successful"].includes(field) ? "0" : "";
}
