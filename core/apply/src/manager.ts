/**
 * Who owns which fields: the entries of `metadata.managedFields`.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
 */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { type FieldSet, formatFields, isEmpty, parseFields, union } from "./field-set.ts";

/** One way in which a manager writes an object, and the fields that it owns by it. */
export interface Manager extends ManagerId {
  /** RFC 3339, when the fields were last taken; empty if nobody said. */
  readonly time: string;
  readonly fields: FieldSet;
}

/** What tells managers apart. */
export interface ManagerId {
  /** The program or person, as the client names it. */
  readonly manager: string;
  /** Server-side apply, or any other write. */
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  /** Through which subresource; empty for the object itself. */
  readonly subresource: string;
}

/** One entry that cannot be read: which member of it, and why. */
export interface ManagerProblem {
  /** Such as `[0].operation`. */
  readonly field: string;
  readonly value: Json;
  readonly message: string;
}

/** Characters of a manager's name (k8s.io/apimachinery, FieldManagerMaxLength). */
export const managerLengthMax = 128;

/** Characters of a subresource's name (k8s.io/apimachinery, MaxSubresourceNameLength). */
const subresourceLengthMax = 256;

/**
 * Managers whose writes are told apart by name; older ones are folded into one, so that objects
 * which many clients edit do not grow for ever (k8s.io/apimachinery, DefaultMaxUpdateManagers).
 */
const updateManagersMax = 10;

/** The manager into which old ones are folded, as Kubernetes names it. */
const foldedManager = "ancient-changes";

/** Entries read from an object, or what is wrong with them. */
export type ReadManagers =
  | { readonly ok: true; readonly managers: readonly Manager[] }
  | { readonly ok: false; readonly problems: readonly ManagerProblem[] };

/** Reads `managedFields`. Entries of the same manager are one; empty ones are none. */
export function readManagers(json: unknown): ReadManagers {
  if (json === undefined || json === null) return { ok: true, managers: [] };
  if (!Array.isArray(json)) return { ok: false, problems: [problem("", null, "must be a list")] };
  const read = json.map((entry: unknown, index) => readManager(entry, `[${index}]`));
  const problems = read.flatMap((each) => ("message" in each ? [each] : []));
  if (problems.length > 0) return { ok: false, problems };
  const managers = new Map<string, Manager>();
  for (const each of read) {
    if ("message" in each) continue;
    const same = managers.get(idText(each));
    const fields = same === undefined ? each.fields : union(same.fields, each.fields);
    if (!isEmpty(fields)) managers.set(idText(each), { ...each, fields });
  }
  return { ok: true, managers: [...managers.values()] };
}

function readManager(entry: unknown, at: string): Manager | ManagerProblem {
  if (!isJsonObject(entry)) return problem(at, null, "must be an object");
  const { operation, fieldsType } = entry;
  if (operation !== "Apply" && operation !== "Update") {
    return problem(`${at}.operation`, operation, "must be `Apply` or `Update`");
  }
  if (fieldsType !== "FieldsV1") {
    return problem(`${at}.fieldsType`, fieldsType, "must be `FieldsV1`");
  }
  const fields = parseFields(entry["fieldsV1"] ?? {});
  if (fields === undefined) return problem(`${at}.fieldsV1`, null, "must be a set of fields");
  const wrong = wrongText(entry, at);
  if (wrong !== undefined) return wrong;
  return {
    manager: textAt(entry, "manager"),
    operation,
    apiVersion: textAt(entry, "apiVersion"),
    subresource: textAt(entry, "subresource"),
    time: textAt(entry, "time"),
    fields,
  };
}

function wrongText(entry: JsonObject, at: string): ManagerProblem | undefined {
  for (const member of ["manager", "apiVersion", "subresource", "time"]) {
    const value = entry[member] ?? "";
    if (typeof value !== "string") return problem(`${at}.${member}`, value, "must be a string");
  }
  const manager = textAt(entry, "manager");
  if (manager.length > managerLengthMax || hasUnprintable(manager)) {
    const rule = `must be at most ${managerLengthMax} printable characters`;
    return problem(`${at}.manager`, manager.slice(0, managerLengthMax), rule);
  }
  const subresource = textAt(entry, "subresource");
  if (subresource.length <= subresourceLengthMax) return undefined;
  const rule = `must be at most ${subresourceLengthMax} characters`;
  return problem(`${at}.subresource`, subresource.slice(0, subresourceLengthMax), rule);
}

/** Whether a name holds what cannot be printed. */
export function hasUnprintable(text: string): boolean {
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(text);
}

function problem(field: string, value: Json | undefined, message: string): ManagerProblem {
  return { field, value: value ?? null, message };
}

function textAt(entry: JsonObject, member: string): string {
  const value = entry[member];
  return typeof value === "string" ? value : "";
}

/** `managedFields` for these managers: appliers first, older before newer. */
export function formatManagers(managers: readonly Manager[]): readonly JsonObject[] {
  return managers
    .filter(({ fields }) => !isEmpty(fields))
    .map(formatManager)
    .toSorted(compareEntries);
}

function formatManager(each: Manager): JsonObject {
  return {
    manager: each.manager,
    operation: each.operation,
    apiVersion: each.apiVersion,
    ...(each.time === "" ? {} : { time: each.time }),
    fieldsType: "FieldsV1",
    fieldsV1: formatFields(each.fields),
    ...(each.subresource === "" ? {} : { subresource: each.subresource }),
  };
}

/** The order of entries: appliers first, older before newer. */
export function compareEntries(a: unknown, b: unknown): number {
  return compareTexts(orderOf(a), orderOf(b));
}

function orderOf(entry: unknown): readonly string[] {
  const members = ["operation", "time", "manager", "apiVersion", "subresource"];
  return members.map((member) => (isJsonObject(entry) ? textAt(entry, member) : ""));
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  const index = a.findIndex((text, at) => text !== b[at]);
  if (index < 0) return 0;
  return (a[index] ?? "") < (b[index] ?? "") ? -1 : 1;
}

/** One text for what tells managers apart. */
export function idText(id: ManagerId): string {
  return JSON.stringify([id.manager, id.operation, id.apiVersion, id.subresource]);
}

/** How conflicts name a manager, in Kubernetes' words. */
export function managerText({ manager, operation, apiVersion, subresource }: ManagerId): string {
  const name = JSON.stringify(manager);
  const through =
    subresource === "" ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === "Update" ? `${through} using ${apiVersion}` : through;
}

/**
 * The managers with the oldest of those that do not apply folded into one, version by version,
 * if there are more than {@link updateManagersMax}.
 */
export function foldOld(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers
    .filter(({ operation }) => operation === "Update")
    .toSorted((a, b) => compareTexts([a.time, idText(a)], [b.time, idText(b)]));
  // One more than the excess: the folded one takes a place itself.
  const old = updaters.slice(0, Math.max(0, updaters.length - updateManagersMax + 1));
  if (old.length < 2) return managers;
  const kept = managers.filter((each) => !old.includes(each));
  const folded = Map.groupBy(old, ({ apiVersion }) => apiVersion);
  return [...kept, ...[...folded].map(([apiVersion, group]) => folding(apiVersion, group))];
}

function folding(apiVersion: string, group: readonly Manager[]): Manager {
  const [first] = group;
  if (group.length === 1 && first !== undefined) return first;
  return {
    manager: foldedManager,
    operation: "Update",
    apiVersion,
    subresource: "",
    time: group.at(-1)?.time ?? "",
    fields: group.map(({ fields }) => fields).reduce(union),
  };
}
