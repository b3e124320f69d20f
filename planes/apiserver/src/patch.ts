/** PATCH: JSON, merge and strategic merge patches, and server-side apply. */
import { applyPatch, type KubeObject, type PatchResult } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import { type Call, storedObject } from "./call.ts";
import { createObject } from "./create.ts";
import { fieldAt } from "./field.ts";
import { mediaTypeOf } from "./media-type.ts";
import { readObject } from "./object-body.ts";
import { replace } from "./replacement.ts";
import {
  badRequest,
  done,
  fail,
  invalid,
  type Outcome,
  replyWith,
  type Status,
  tooLarge,
  unsupportedMediaType,
} from "./status.ts";
import { formatTimestamp } from "./timestamp.ts";
import { type WriteOptions, writeOptionsOf } from "./write-options.ts";

export type PatchKind = "json" | "merge" | "strategic" | "apply";

const patchKinds: ReadonlyMap<string, PatchKind> = new Map([
  ["application/json-patch+json", "json"],
  ["application/merge-patch+json", "merge"],
  ["application/strategic-merge-patch+json", "strategic"],
  ["application/apply-patch+yaml", "apply"],
]);

/** The kind of patch that a Content-Type header announces. */
export function patchKindOf(contentType: string): Outcome<PatchKind> {
  const kind = patchKinds.get(mediaTypeOf(contentType).type);
  return kind === undefined ? fail(unsupportedMediaType([...patchKinds.keys()])) : done(kind);
}

/** Answers a PATCH of an object. */
export function patch(call: Call): ApiReply {
  const options = writeOptionsOf(call.request, "PatchOptions");
  if (!options.ok) return replyWith(options.status);
  const kind = patchKindOf(call.request.contentType);
  if (!kind.ok) return replyWith(kind.status);
  if (kind.value === "apply") return apply(call, options.value);
  const before = storedObject(call);
  if (!before.ok) return replyWith(before.status);
  const shown = call.context.view.show(call.info.resource, before.value);
  const wanted = patched(call, kind.value, shown);
  if (!wanted.ok) return replyWith(wanted.status);
  return replaceBy(call, { before: before.value, wanted: wanted.value, options: options.value });
}

/** `before` with the body of the call applied to it. */
export function patched(
  { request, info }: Pick<Call, "request" | "info">,
  kind: Exclude<PatchKind, "apply">,
  before: KubeObject,
): Outcome<KubeObject> {
  if (request.body === undefined) return fail(badRequest("the body of a PATCH is empty"));
  const result = applyPatch(kind, info.resource, before, request.body);
  return result.ok ? done(result.object) : fail(patchStatus(result, info, before));
}

function patchStatus(
  { reason, message }: Extract<PatchResult, { ok: false }>,
  { resource }: Call["info"],
  before: KubeObject,
): Status {
  if (reason === "BadRequest") return badRequest(message);
  if (reason === "RequestEntityTooLarge") return tooLarge(message);
  return invalid(resource, before.metadata.name, [{ reason: "FieldValueInvalid", message }]);
}

interface Wanted {
  readonly before: KubeObject;
  readonly wanted: unknown;
  readonly options: WriteOptions;
}

function replaceBy(call: Call, { before, wanted, options }: Wanted): ApiReply {
  const read = readObject(wanted, call.info, options);
  if (!read.ok) return replyWith(read.status);
  return replace(call, {
    before,
    options,
    wanted: read.value.object,
    warnings: read.value.warnings,
  });
}

/**
 * Server-side apply, the thin form: what is applied is merged by the strategic rules, and who
 * applied it is recorded. It does not know which fields a manager has stopped to apply, and
 * finds no conflicts between managers.
 */
function apply(call: Call, options: WriteOptions): ApiReply {
  if (options.fieldManager === "") {
    const message = "Required value: is required for apply patch";
    const cause = { reason: "FieldValueRequired", field: "fieldManager", message };
    const kind = { name: "", kind: "PatchOptions", group: "meta.k8s.io" };
    return replyWith(invalid(kind, "", [cause]));
  }
  const { body } = call.request;
  if (fieldAt(body, "metadata", "managedFields") !== undefined) {
    return replyWith(badRequest("metadata.managedFields must be nil"));
  }
  const read = readObject(body, call.info, options);
  if (!read.ok) return replyWith(read.status);
  const before = storedObject(call);
  if (!before.ok) {
    const object = managed(read.value.object, call, options.fieldManager);
    return createObject(call, object, { ...options, warnings: read.value.warnings });
  }
  const shown = call.context.view.show(call.info.resource, before.value);
  const wanted = patched(call, "strategic", shown);
  if (!wanted.ok) return replyWith(wanted.status);
  const merged = readObject(wanted.value, call.info, options);
  if (!merged.ok) return replyWith(merged.status);
  return replace(call, {
    before: before.value,
    wanted: managed(merged.value.object, call, options.fieldManager),
    options,
    warnings: read.value.warnings,
  });
}

/** The object with `manager` among its field managers. */
function managed(object: KubeObject, { now }: Call, manager: string): KubeObject {
  const { managedFields = [], ...metadata } = object.metadata;
  const isThere = managedFields.some(
    (entry) =>
      isJsonObject(entry) && entry["manager"] === manager && entry["operation"] === "Apply",
  );
  if (isThere) return object;
  const entry = {
    manager,
    operation: "Apply",
    apiVersion: object.apiVersion,
    time: formatTimestamp(now.wallMs),
    fieldsType: "FieldsV1",
    fieldsV1: {},
  };
  return { ...object, metadata: { ...metadata, managedFields: [...managedFields, entry] } };
}
