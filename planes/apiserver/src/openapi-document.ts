/** OpenAPI documents as they are asked for: in which form, and whether the client has them. */
import {
  type OpenApiAdditions,
  openApiV2,
  openApiV2MediaType,
  openApiV2Tag,
  openApiV3,
  openApiV3Hash,
  openApiV3Index,
  resources,
} from "@beemesh/model";
import type { ApiReply, ApiRequest } from "@beemesh/ports";
import { mediaTypesOf, takesJson } from "./media-type.ts";
import { noSuchPath, notAcceptable, replyWith } from "./status.ts";

/** A document whose address names its hash never changes: a year, as kube-apiserver says. */
const forever = "public, immutable, max-age=31536000";

/**
 * Answers what is asked below `/openapi`.
 *
 * @param additions - What is served beyond the built-in kinds, for v2; the same object as long as
 *   nothing has changed.
 */
export function openApi(
  request: ApiRequest,
  [version, ...rest]: readonly string[],
  additions?: OpenApiAdditions,
): ApiReply {
  if (version === "v2" && rest.length === 0) return secondVersion(request, additions);
  if (version !== "v3") return replyWith(noSuchPath());
  if (rest.length === 0) return { kind: "json", status: 200, body: openApiV3Index() };
  const [root, first = "", second = ""] = rest;
  const [group, groupVersion] = root === "api" ? ["", first] : [first, second];
  const isServed = resources.some(
    (resource) => resource.group === group && resource.version === groupVersion,
  );
  return isServed ? thirdVersion(request, group, groupVersion) : replyWith(noSuchPath());
}

function thirdVersion(request: ApiRequest, group: string, version: string): ApiReply {
  const hash = openApiV3Hash(group, version);
  const isNamed = request.query.get("hash")?.[0] === hash;
  const headers = { ETag: `"${hash}"`, ...(isNamed ? { "Cache-Control": forever } : {}) };
  if (isKnown(request, headers.ETag)) return notModified(headers);
  return { kind: "json", status: 200, body: openApiV3(group, version), headers };
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
