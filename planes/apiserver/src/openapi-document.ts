/** OpenAPI documents as they are asked for: in which form, and whether the client has them. */
import {
  documentHash,
  type OpenApiAdditions,
  openApiV2,
  openApiV2MediaType,
  openApiV2Tag,
  openApiV3,
  openApiV3Index,
  type ResourceBook,
  resources,
} from "@beemesh/model";
import type { ApiReply, ApiRequest } from "@beemesh/ports";
import type { JsonObject } from "@beemesh/wire";
import { customDocuments } from "./custom/documents.ts";
import { mediaTypesOf, takesJson } from "./media-type.ts";
import { noSuchPath, notAcceptable, replyWith } from "./status.ts";

/** A document whose address names its hash never changes: a year, as kube-apiserver says. */
const forever = "public, immutable, max-age=31536000";

/** Answers what is asked below `/openapi`. */
export function openApi(
  request: ApiRequest,
  [version, ...rest]: readonly string[],
  book: ResourceBook,
): ApiReply {
  if (version === "v2" && rest.length === 0) {
    return secondVersion(request, customDocuments(book).additions);
  }
  if (version !== "v3") return replyWith(noSuchPath());
  const custom = customDocuments(book).byPath;
  if (rest.length === 0) return { kind: "json", status: 200, body: openApiV3Index(custom) };
  const [root, first = "", second = ""] = rest;
  const [group, groupVersion] = root === "api" ? ["", first] : [first, second];
  const isServed = resources.some(
    (resource) => resource.group === group && resource.version === groupVersion,
  );
  const document = isServed
    ? openApiV3(group, groupVersion)
    : custom.get(`apis/${group}/${groupVersion}`);
  return document === undefined ? replyWith(noSuchPath()) : thirdVersion(request, document);
}

function thirdVersion(request: ApiRequest, document: JsonObject): ApiReply {
  const hash = documentHash(document);
  const isNamed = request.query.get("hash")?.[0] === hash;
  const headers = { ETag: `"${hash}"`, ...(isNamed ? { "Cache-Control": forever } : {}) };
  if (isKnown(request, headers.ETag)) return notModified(headers);
  return { kind: "json", status: 200, body: document, headers };
}

/** As JSON, or in the protobuf form that kubectl asks for first. */
function secondVersion(request: ApiRequest, additions: OpenApiAdditions | undefined): ApiReply {
  const asked = mediaTypesOf(request.accept);
  const first = asked.find((each) => takesJson(each) || isOpenApiProtobuf(each.type));
  if (first === undefined && asked.length > 0) {
    return replyWith(notAcceptable(["application/json", openApiV2MediaType]));
  }
  const headers = { ETag: openApiV2Tag(additions), Vary: "Accept, Accept-Encoding" };
  if (isKnown(request, headers.ETag)) return notModified(headers);
  const { json, protobuf } = openApiV2(additions);
  const isProtobuf = first !== undefined && isOpenApiProtobuf(first.type);
  const contentType = isProtobuf ? openApiV2MediaType : "application/json";
  return { kind: "bytes", status: 200, contentType, body: isProtobuf ? protobuf : json, headers };
}

function isOpenApiProtobuf(type: string): boolean {
  return /^application\/com\.github\.proto-openapi\.spec\.v2[.@]v1\.0\+protobuf$/u.test(type);
}

/** Whether the client has the document already. */
function isKnown({ ifNoneMatch = "" }: ApiRequest, tag: string): boolean {
  return ifNoneMatch.split(",").some((each) => each.trim().replace(/^W\//u, "") === tag);
}

function notModified(headers: Readonly<Record<string, string>>): ApiReply {
  return { kind: "bytes", status: 304, contentType: "application/json", body: "", headers };
}
