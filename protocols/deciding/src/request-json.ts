/** A parsed request as one machine hands it to another, and how it is read there. */
import type { ApiRequest, Impersonation, User } from "@beemesh/ports";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { partsMax } from "./limits.ts";
import { listOf } from "./list.ts";

/** Methods that write. */
const methods: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** An RFC 9562 identifier. */
const uidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Writes a request as JSON. */
export function requestJson(request: ApiRequest): JsonObject {
  const { method, path, query, accept, contentType, body, user, impersonation } = request;
  const { userAgent, uid, doubled } = request;
  return {
    method,
    path,
    query: [...query].map(([name, values]) => [name, values]),
    accept,
    contentType,
    user: userJson(user),
    ...(body === undefined ? {} : { body }),
    ...(impersonation === undefined ? {} : { impersonation: { ...impersonation } }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(uid === undefined ? {} : { uid }),
    ...(doubled === undefined ? {} : { doubled }),
  };
}

/** Reads a writing request; undefined if it is none that an honest machine hands on. */
export function readRequest(json: Json | undefined): ApiRequest | undefined {
  if (!isJsonObject(json)) return undefined;
  const { body, userAgent, uid } = json;
  const [target, asker] = [targetOf(json), askerOf(json)];
  if (target === undefined || asker === undefined) return undefined;
  if (uid !== undefined && !isUid(uid)) return undefined;
  const doubled = textsOf(json["doubled"] ?? []);
  if (doubled === undefined) return undefined;
  return {
    ...target,
    body,
    ...asker,
    ...(typeof userAgent === "string" ? { userAgent } : {}),
    ...(uid === undefined ? {} : { uid }),
    ...(doubled.length === 0 ? {} : { doubled }),
  };
}

type Target = Pick<ApiRequest, "method" | "path" | "query" | "accept" | "contentType">;

function targetOf(json: JsonObject): Target | undefined {
  const { method, accept, contentType } = json;
  const [path, query] = [textsOf(json["path"]), queryOf(json["query"])];
  if (typeof method !== "string" || !methods.has(method)) return undefined;
  if (typeof accept !== "string" || typeof contentType !== "string") return undefined;
  if (path === undefined || query === undefined) return undefined;
  return { method, path, query, accept, contentType };
}

function askerOf(json: JsonObject): Pick<ApiRequest, "user" | "impersonation"> | undefined {
  const user = userOf(json["user"]);
  const impersonation = impersonationOf(json["impersonation"]);
  if (user === undefined || impersonation === "malformed") return undefined;
  return impersonation === undefined ? { user } : { user, impersonation };
}

function isUid(value: Json): value is string {
  return typeof value === "string" && uidPattern.test(value);
}

function userJson({ name, groups, uid, extra }: User): JsonObject {
  return {
    name,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
}

function userOf(json: Json | undefined): User | undefined {
  if (!isJsonObject(json)) return undefined;
  const { name, uid } = json;
  const groups = textsOf(json["groups"]);
  if (typeof name !== "string" || groups === undefined) return undefined;
  const extra = json["extra"] === undefined ? undefined : extraOf(json["extra"]);
  if (json["extra"] !== undefined && extra === undefined) return undefined;
  return {
    name,
    groups,
    ...(typeof uid === "string" ? { uid } : {}),
    ...(extra === undefined ? {} : { extra }),
  };
}

function impersonationOf(json: Json | undefined): Impersonation | "malformed" | undefined {
  if (json === undefined) return undefined;
  if (!isJsonObject(json)) return "malformed";
  const { user, uid } = json;
  const [groups, extra] = [textsOf(json["groups"]), extraOf(json["extra"])];
  if (typeof user !== "string" || typeof uid !== "string") return "malformed";
  if (groups === undefined || extra === undefined) return "malformed";
  return { user, groups, uid, extra };
}

function extraOf(json: Json | undefined): Record<string, readonly string[]> | undefined {
  if (!isJsonObject(json)) return undefined;
  const pairs = listOf(Object.entries(json), partsMax, pairOf);
  return pairs && Object.fromEntries(pairs);
}

function queryOf(json: Json | undefined): ReadonlyMap<string, readonly string[]> | undefined {
  const pairs = listOf(json, partsMax, pairOf);
  return pairs && new Map(pairs);
}

/** A name and its values. */
function pairOf(json: Json): readonly [string, readonly string[]] | undefined {
  if (!Array.isArray(json)) return undefined;
  const name: unknown = json[0];
  const values = textsOf(json[1]);
  return typeof name === "string" && values !== undefined ? [name, values] : undefined;
}

function textsOf(json: Json | undefined): readonly string[] | undefined {
  return listOf(json, partsMax, (each: Json) => (typeof each === "string" ? each : undefined));
}
