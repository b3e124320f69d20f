/**
 * A second view of objects that are kept in another version: requests for it are rewritten to
 * the version that is kept, and what is answered is written back.
 */
import { apiVersionOf, type Resource } from "@beemesh/model";
import type { ApiReply, ApiRequest } from "@beemesh/ports";
import { isJsonObject, type Json, type JsonObject, parseJson } from "@beemesh/wire";

export interface SecondView {
  /** How discovery and paths name the view. */
  readonly resource: Resource;
  /** What is kept. */
  readonly kept: Resource;
  /** From an object of the view, or a patch that is shaped like one. */
  readonly toKept: (object: JsonObject) => JsonObject;
  readonly toShown: (object: JsonObject) => JsonObject;
}

/** The view that a request is for; undefined if it is for none of them. */
export function viewOf(
  views: readonly SecondView[],
  { path }: Pick<ApiRequest, "path">,
): SecondView | undefined {
  const [root, group, version, ...rest] = path;
  if (root !== "apis") return undefined;
  const plural = rest[0] === "namespaces" && rest.length > 2 ? rest[2] : rest[0];
  return views.find(
    ({ resource }) =>
      resource.group === group && resource.version === version && resource.name === plural,
  );
}

/** The request for what is kept. */
export function keptRequest({ kept, toKept }: SecondView, request: ApiRequest): ApiRequest {
  const { body } = request;
  const root = kept.group === "" ? ["api"] : ["apis", kept.group];
  const path = [...root, kept.version, ...request.path.slice(3)];
  return { ...request, path, body: isJsonObject(body) ? toKept(body) : body };
}

/** The reply of the view for the reply about what is kept. */
export function shownReply(view: SecondView, reply: ApiReply): ApiReply {
  if (reply.kind === "json") return { ...reply, body: shown(view, reply.body) };
  if (reply.kind !== "stream") return reply;
  return {
    ...reply,
    open: (sink) =>
      reply.open({ write: (text) => sink.write(eventText(view, text)), end: () => sink.end() }),
  };
}

/** The object at a member; undefined if there is none. */
export function memberOf(value: Json | undefined, member: string): JsonObject | undefined {
  const found = isJsonObject(value) ? value[member] : undefined;
  return isJsonObject(found) ? found : undefined;
}

/** One event of a watch. */
function eventText(view: SecondView, text: string): string {
  const event = parseJson(text);
  if (!isJsonObject(event)) return text;
  return `${JSON.stringify({ ...event, object: shown(view, event["object"]) })}\n`;
}

/** An object, a list or a table, with each object of the kind in it as the view has it. */
function shown(view: SecondView, body: unknown): unknown {
  if (!isJsonObject(body)) return body;
  const { items, rows, kind, apiVersion } = body;
  const { resource, kept } = view;
  if (Array.isArray(rows)) {
    const changed = rows.map((row) =>
      isJsonObject(row) ? { ...row, object: shown(view, row["object"]) } : row,
    );
    return { ...body, rows: changed };
  }
  if (apiVersion !== apiVersionOf(kept)) return body;
  if (Array.isArray(items) && kind === `${kept.kind}List`) {
    const changed = items.map((item) => shown(view, item));
    return { ...body, apiVersion: apiVersionOf(resource), items: changed };
  }
  return kind === kept.kind ? view.toShown(body) : body;
}
