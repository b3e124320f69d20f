import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";

/**
 * Applies a JSON merge patch: members of the patch replace those of the target, null removes,
 * objects merge, lists are replaced.
 *
 * Source: RFC 7386.
 */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map<string, Json>(isJsonObject(target) ? Object.entries(target) : []);
  for (const [member, value] of Object.entries(patch)) {
    if (value === null) merged.delete(member);
    else merged.set(member, mergePatch(merged.get(member), value));
  }
  const result: JsonObject = Object.fromEntries(merged);
  return result;
}
