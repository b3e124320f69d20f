/**
 * Revisions count on the machine that gave them out and nowhere else. So where a request or an
 * answer goes from one machine to another, what each calls the same version is exchanged.
 */
import type { ApiRequest } from "@beemesh/ports";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";

/** Where a JSON patch speaks of the version. */
const patchPath = "/metadata/resourceVersion";

/** The revision that a request speaks of; empty if it speaks of none. */
export function revisionIn({ body }: Pick<ApiRequest, "body">): string {
  if (Array.isArray(body)) {
    const said = body.flatMap((step: Json) => (isAboutRevision(step) ? [step["value"]] : []));
    return textOf(said[0]);
  }
  if (!isJsonObject(body)) return "";
  return (
    textOf(memberOf(body, "metadata")?.["resourceVersion"]) ||
    textOf(memberOf(body, "preconditions")?.["resourceVersion"]) ||
    textOf(memberOf(memberOf(body, "deleteOptions"), "preconditions")?.["resourceVersion"])
  );
}

/** The request with one revision in the place of another, wherever it speaks of a version. */
export function withRevision(request: ApiRequest, from: string, to: string): ApiRequest {
  const { body } = request;
  if (Array.isArray(body)) {
    const steps = body.map((step: Json) =>
      isAboutRevision(step) && step["value"] === from ? { ...step, value: to } : step,
    );
    return { ...request, body: steps };
  }
  if (!isJsonObject(body)) return request;
  const changed = ["metadata", "preconditions"].reduce(
    (object, member) => exchanged(object, member, from, to),
    body,
  );
  const options = memberOf(changed, "deleteOptions");
  if (options === undefined) return { ...request, body: changed };
  const deleteOptions = exchanged(options, "preconditions", from, to);
  return { ...request, body: { ...changed, deleteOptions } };
}

/** An answer's body with one revision in the place of another, in every object of it. */
export function shownRevision(body: Json, from: string, to: string): Json {
  if (Array.isArray(body)) return body.map((each: Json) => shownRevision(each, from, to));
  if (!isJsonObject(body)) return body;
  const members = Object.entries(body).map(([name, value]) =>
    name === "resourceVersion" && value === from
      ? [name, to]
      : [name, shownRevision(value, from, to)],
  );
  return Object.fromEntries(members);
}

/** A list, and all that is in it, with one revision. */
export function everyRevision(list: JsonObject, to: string): JsonObject {
  const { metadata, items } = list;
  return {
    ...list,
    ...(isJsonObject(metadata) ? { metadata: { ...metadata, resourceVersion: to } } : {}),
    ...(Array.isArray(items)
      ? { items: items.map((item: Json) => (isJsonObject(item) ? everyRevision(item, to) : item)) }
      : {}),
  };
}

function exchanged(object: JsonObject, member: string, from: string, to: string): JsonObject {
  const inner = memberOf(object, member);
  if (inner?.["resourceVersion"] !== from) return object;
  return { ...object, [member]: { ...inner, resourceVersion: to } };
}

function isAboutRevision(step: Json): step is JsonObject {
  return isJsonObject(step) && step["path"] === patchPath;
}

function memberOf(json: Json | undefined, member: string): JsonObject | undefined {
  const found = isJsonObject(json) ? json[member] : undefined;
  return isJsonObject(found) ? found : undefined;
}

function textOf(json: Json | undefined): string {
  return typeof json === "string" ? json : "";
}
