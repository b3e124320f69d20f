/** Patches of the three kinds that kubectl sends; server-side apply is not among them. */
import { unreachable } from "@beemesh/base";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { jsonPatch, nestsTooDeep } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import { isKubeObject, type KubeObject } from "./object.ts";
import type { Resource } from "./resource.ts";
import { typeOfResource } from "./schema.ts";
import { strategicMergePatch } from "./strategic-patch.ts";

/** `application/merge-patch+json`, `json-patch+json`, `strategic-merge-patch+json`. */
export type PatchKind = "merge" | "json" | "strategic";

/** The patched object, or the status reason and message of the refusal. */
export type PatchResult =
  | { readonly ok: true; readonly object: KubeObject }
  | {
      readonly ok: false;
      /** Of the status: 400, 413 and 422 in this order. */
      readonly reason: "BadRequest" | "RequestEntityTooLarge" | "Invalid";
      readonly message: string;
    };

/**
 * Applies a patch to an object, which stays as it was. The result is an object of Kubernetes of
 * the same kind; whether it is valid is for `validate` to say.
 */
export function applyPatch(
  kind: PatchKind,
  resource: Resource,
  before: KubeObject,
  patch: Json,
): PatchResult {
  if (!isJsonObject(before)) return refusal("BadRequest", "the object is no JSON object");
  const patched = patchedValue(kind, { resource, before, patch });
  if (!patched.ok) return patched;
  const { value } = patched;
  if (nestsTooDeep(value)) return refusal("RequestEntityTooLarge", "the result nests too deep");
  if (!isKubeObject(value)) {
    return refusal("BadRequest", "the result has no apiVersion, kind or metadata");
  }
  return value.apiVersion === before.apiVersion && value.kind === before.kind
    ? { ok: true, object: value }
    : refusal("BadRequest", "a patch cannot change apiVersion or kind");
}

interface PatchInput {
  readonly resource: Resource;
  readonly before: KubeObject & JsonObject;
  readonly patch: Json;
}

type ValueResult =
  | { readonly ok: true; readonly value: Json }
  | Extract<PatchResult, { ok: false }>;

function patchedValue(kind: PatchKind, { resource, before, patch }: PatchInput): ValueResult {
  if (kind === "json") {
    const result = jsonPatch(before, patch);
    return result.ok ? result : refusal(jsonReasons[result.kind], result.message);
  }
  if (!isJsonObject(patch)) return refusal("BadRequest", "Invalid JSON document");
  if (kind === "merge") return { ok: true, value: mergePatch(before, patch) };
  if (kind !== "strategic") return unreachable(kind);
  const result = strategicMergePatch(typeOfResource(resource), before, patch);
  return result.ok
    ? { ok: true, value: result.object }
    : refusal("BadRequest", `Invalid JSON document: ${result.message}`);
}

const jsonReasons = {
  malformed: "BadRequest",
  impossible: "Invalid",
  "too-large": "RequestEntityTooLarge",
} as const;

function refusal(
  reason: "BadRequest" | "RequestEntityTooLarge" | "Invalid",
  message: string,
): Extract<PatchResult, { ok: false }> {
  return { ok: false, reason, message };
}
