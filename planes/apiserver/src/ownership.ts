/**
 * Who owns which field of what is written: the account that `metadata.managedFields` shows, kept
 * through every write that a client makes.
 *
 * Our own controllers and machines leave no entries in what they make: a ReplicaSet's or pod's
 * record would grow to twice its size for nobody to read. Who applies to such an object finds
 * all of it owned by `before-first-apply`, as Kubernetes does with objects of no account.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import {
  applyConfiguration,
  type Conflict,
  formatManagers,
  lastAppliedAnnotation,
  type Manager,
  managerText,
  pathText,
  problemsOf,
  readManagers,
  trackUpdate,
  type Write,
} from "@beemesh/apply";
import { apiVersionOf, isKubeObject, type KubeObject, shapeOf } from "@beemesh/model";
import { canonicalJson, isJsonObject, type JsonObject } from "@beemesh/wire";
import type { Call } from "./call.ts";
import {
  applyConflict,
  badRequest,
  type Cause,
  done,
  fail,
  invalid,
  type Outcome,
} from "./status.ts";
import { formatTimestamp } from "./timestamp.ts";
import type { WriteOptions } from "./write-options.ts";

/** Who writes: the field manager that the client names, or the program that it is. */
type Author = Pick<WriteOptions, "fieldManager" | "userAgent">;

/** An object before and after a write that is no application. */
export interface Update {
  /** undefined if the object is new. */
  readonly before: KubeObject | undefined;
  readonly after: KubeObject;
  /** The managers that the write starts from. */
  readonly managers: readonly Manager[];
}

/** `after` with the account of who owns what. */
export function tracked(call: Call, update: Update, author: Author): KubeObject {
  const { after, before, managers } = update;
  const write = writeOf(call, { before, managers }, author);
  return withManagers(after, trackUpdate(write, jsonOf(after)));
}

/**
 * The managers that a write starts from: those that the client sends back, as it may have
 * changed them, or those of the object. None if the client clears them by sending an empty list
 * or one empty entry.
 */
export function claimedManagers(
  { info }: Pick<Call, "info">,
  before: KubeObject,
  wanted: KubeObject,
): Outcome<readonly Manager[]> {
  const claimed = wanted.metadata.managedFields;
  if (isCleared(claimed)) return done([]);
  const read = readManagers(claimed);
  if (read.ok) return done(read.managers.length === 0 ? managersOf(before) : read.managers);
  const causes = read.problems.map(
    ({ field, value, message }): Cause => ({
      reason: "FieldValueInvalid",
      field: `metadata.managedFields${field}`,
      message: `Invalid value: ${JSON.stringify(value)}: ${message}`,
    }),
  );
  return fail(invalid(info.resource, before.metadata.name, causes));
}

/** Whether a client asks for no account to be kept any more. */
function isCleared(claimed: unknown): boolean {
  if (!Array.isArray(claimed)) return false;
  const [first] = claimed;
  return claimed.length === 0 || (claimed.length === 1 && canonicalJson(first) === "{}");
}

/** The managers of a stored object; none if they cannot be read. */
export function managersOf({ metadata }: KubeObject): readonly Manager[] {
  const read = readManagers(metadata.managedFields);
  return read.ok ? read.managers : [];
}

/** The managers of an object's status. */
export function statusManagers(object: KubeObject): readonly Manager[] {
  return managersOf(object).filter(({ subresource }) => subresource === "status");
}

/** `object` with these managers in the place of others. */
export function withManagers(object: KubeObject, managers: readonly Manager[]): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  if (managers.length === 0) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields: formatManagers(managers) } };
}

/** An application to the object of a call. */
export interface Applying {
  /** undefined if it is not there yet. */
  readonly before: KubeObject | undefined;
  readonly config: KubeObject;
  readonly options: WriteOptions;
}

/** What a configuration makes of the object, and who owns what then; 409 where others own it. */
export function applied(call: Call, applying: Applying): Outcome<KubeObject> {
  const { before, config, options } = applying;
  const malformed = malformation(call, config);
  if (malformed !== undefined) return fail(badRequest(malformed));
  const managers = before === undefined ? [] : managersOf(before);
  const write = writeOf(call, { before, managers }, { ...options, userAgent: "" });
  const isForced = options.force === true;
  const result = applyConfiguration(write, { config: jsonOf(config), isForced });
  if (!result.ok) return fail(conflictStatus(result.conflicts));
  const { object } = result;
  if (!isKubeObject(object)) return fail(badRequest("metadata is malformed"));
  const next = withManagers(object, result.managers);
  return done(options.fieldManager === "kubectl" ? withLastApplied(next, config) : next);
}

function malformation({ info }: Call, config: KubeObject): string | undefined {
  const problems = problemsOf(shapeOf(info.resource), jsonOf(config));
  if (problems.length === 0) return undefined;
  const { namespace = "", name } = config.metadata;
  const what = `${namespace}/${name}; ${config.apiVersion}, Kind=${config.kind}`;
  return `failed to create typed patch object (${what}): ${problems.join("; ")}`;
}

/** kubectl's own record of what it applied is kept up, where there is one. */
function withLastApplied(object: KubeObject, config: KubeObject): KubeObject {
  const { annotations = {} } = object.metadata;
  if ((annotations[lastAppliedAnnotation] ?? "") === "") return object;
  const { annotations: said, ...metadata } = config.metadata;
  const { [lastAppliedAnnotation]: _, ...others } = said ?? {};
  const kept = said === undefined ? metadata : { ...metadata, annotations: others };
  const text = `${canonicalJson({ ...config, metadata: kept })}\n`;
  const updated = { ...annotations, [lastAppliedAnnotation]: text };
  return { ...object, metadata: { ...object.metadata, annotations: updated } };
}

/** The words of kube-apiserver (k8s.io/apimachinery, managedfields/internal/conflict.go). */
function conflictStatus(conflicts: readonly Conflict[]): ReturnType<typeof applyConflict> {
  const causes = conflicts.map(
    ({ owner, path }): Cause => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${managerText(owner)}`,
      field: pathText(path),
    }),
  );
  const [first] = causes;
  if (causes.length === 1 && first !== undefined) {
    return applyConflict(`Apply failed with 1 conflict: ${first.message}: ${first.field}`, causes);
  }
  const lines = [...Map.groupBy(causes, ({ message }) => message)].flatMap(([message, group]) => [
    `${message.replace("conflict with", "conflicts with")}:`,
    ...group.map(({ field }) => `- ${field}`),
  ]);
  const text = lines.join("\n");
  return applyConflict(`Apply failed with ${causes.length} conflicts: ${text}`, causes);
}

function writeOf(
  { info, now }: Call,
  { before, managers }: Pick<Update, "before" | "managers">,
  { fieldManager, userAgent }: Author,
): Write {
  const { resource, subresource } = info;
  const ofStatus = subresource === "status";
  return {
    shape: shapeOf(resource),
    before: before === undefined ? undefined : jsonOf(before),
    managers,
    writer: {
      manager: fieldManager || userAgent,
      apiVersion: apiVersionOf(resource),
      subresource,
      time: formatTimestamp(now.wallMs),
    },
    concerns: (member) => (resource.hasStatus ? (member === "status") === ofStatus : member !== ""),
  };
}

/** An object of Kubernetes as JSON, without the account itself. */
function jsonOf(object: KubeObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  const json: unknown = { ...object, metadata };
  return isJsonObject(json) ? json : {};
}
