/** PATCH: JSON, merge and strategic merge patches, and server-side apply. */
import { applyPatch, type KubeObject, type PatchResult } from "@beemesh/model";
import type { ApiReply } from "@beemesh/ports";
import { type Call, storedObject } from "./call.ts";
import { createObject } from "./create.ts";
import { fieldAt } from "./field.ts";
import { mediaTypeOf } from "./media-type.ts";
import { decodeObject, readObject } from "./object-body.ts";
import { applied } from "./ownership.ts";
import { replace } from "./replacement.ts";
import {
  badRequest,
  conflict,
  done,
  fail,
  invalid,
  type Outcome,
  replyWith,
  type Status,
  tooLarge,
  unsupportedMediaType,
} from "./status.ts";
import { type WriteOptions, writeOptionsOf } from "./write-options.ts";

export type PatchKind = "json" | "merge" | "strategic" | "apply";

const patchKinds: ReadonlyMap<string, PatchKind> = new Map([
  ["application/json-patch+json", "json"],
  ["application/merge-patch+json", "merge"],
  ["application/strategic-merge-patch+json", "strategic"],
  ["application/apply-patch+yaml", "apply"],
]);

/** The kind of patch that a Content-Type header announces. */
export function patchKindOf(
  contentType: string,
  { resource }: Pick<Call["info"], "resource">,
): Outcome<PatchKind> {
  // Nobody knows how the lists of a custom resource would merge strategically.
  const kinds = [...patchKinds].filter(
    ([, kind]) => resource.custom === undefined || kind !== "strategic",
  );
  const kind = new Map(kinds).get(mediaTypeOf(contentType).type);
  return kind === undefined ? fail(unsupportedMediaType(kinds.map(([type]) => type))) : done(kind);
}

/** Answers a PATCH of an object. */
export function patch(call: Call): ApiReply {
  const kind = patchKindOf(call.request.contentType, call.info);
  if (!kind.ok) return replyWith(kind.status);
  const options = patchOptionsOf(call, kind.value);
  if (!options.ok) return replyWith(options.status);
  if (kind.value === "apply") return apply(call, options.value);
  const before = storedObject(call);
  if (!before.ok) return replyWith(before.status);
  const shown = call.context.view.show(call.info.resource, before.value);
  const wanted = patched(call, kind.value, shown);
  if (!wanted.ok) return replyWith(wanted.status);
  return replaceBy(call, { before: before.value, wanted: wanted.value, options: options.value });
}

/** What a PATCH asks for besides the object: an application must say who applies. */
export function patchOptionsOf(
  { request }: Pick<Call, "request">,
  kind: PatchKind,
): Outcome<WriteOptions> {
  const options = writeOptionsOf(request, "PatchOptions");
  if (!options.ok) return options;
  const about = { name: "", kind: "PatchOptions", group: "meta.k8s.io" };
  if (kind === "apply" && options.value.fieldManager === "") {
    const message = "Required value: is required for apply patch";
    const cause = { reason: "FieldValueRequired", field: "fieldManager", message };
    return fail(invalid(about, "", [cause]));
  }
  if (kind !== "apply" && options.value.force !== undefined) {
    const message = "Forbidden: may not be specified for non-apply patch";
    const cause = { reason: "FieldValueForbidden", field: "force", message };
    return fail(invalid(about, "", [cause]));
  }
  return options;
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

/** Server-side apply: `ownership.ts` says who owns what, and where that is a conflict. */
function apply(call: Call, options: WriteOptions): ApiReply {
  const config = configOf(call, options);
  if (!config.ok) return replyWith(config.status);
  const { object, warnings } = config.value;
  const before = storedObject(call);
  if (!before.ok) return applyNew(call, object, { ...options, warnings });
  const wanted = applied(call, { before: before.value, config: object, options });
  if (!wanted.ok) return replyWith(wanted.status);
  const read = readObject(wanted.value, call.info, options);
  if (!read.ok) return replyWith(read.status);
  return replace(call, {
    before: before.value,
    wanted: { ...read.value.object, metadata: { ...wanted.value.metadata, ...said(object) } },
    options,
    warnings,
    isTracked: true,
  });
}

/** What an application states of the version that it is meant for. */
function said({ metadata }: KubeObject): Pick<KubeObject["metadata"], "resourceVersion" | "uid"> {
  const { resourceVersion = "", uid = "" } = metadata;
  return { resourceVersion, uid };
}

/** The configuration that a call applies. */
export function configOf(call: Call, options: WriteOptions): ReturnType<typeof readObject> {
  const { body } = call.request;
  if (body === undefined) return fail(badRequest("the body of a PATCH is empty"));
  const managedFields = fieldAt(body, "metadata", "managedFields");
  if (managedFields !== undefined && managedFields !== null) {
    return fail(badRequest("metadata.managedFields must be nil"));
  }
  return decodeObject(body, call.info, options);
}

function applyNew(
  call: Call,
  config: KubeObject,
  options: WriteOptions & { readonly warnings: readonly string[] },
): ApiReply {
  const { resource, name } = call.info;
  const { resourceVersion = "", uid = "" } = config.metadata;
  if (uid !== "") {
    const found = "and no existing object was found";
    const why = `uid mismatch: the provided object specified uid ${uid}, ${found}`;
    return replyWith(conflict(resource, name, why));
  }
  if (resourceVersion !== "") {
    const why = "the object that the resourceVersion speaks of does not exist";
    return replyWith(conflict(resource, name, why));
  }
  const object = applied(call, { before: undefined, config, options });
  if (!object.ok) return replyWith(object.status);
  return createObject(call, object.value, { ...options, isTracked: true });
}
