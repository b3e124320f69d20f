/** OpenAPI documents as they are asked for: in which form, and whether the client has them. */
import {
  type OpenApiAdditions,
  openApiV2,
  openApiV2MediaType,
  openApiV2Tag,
  openApiV3,
  openApiV3Hash,
  openApiV3Index,
  type ResourceBook,
  resources,
} from "@beemesh/model";
import type { ApiReply, ApiRequest } from "@beemesh/ports";
import type { JsonObject } from "@beemesh/wire";
import { customDefinitionsV2, customOpenApiV3, customPaths } from "./custom/open-api.ts";
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
  if (version === "v2" && rest.length === 0) return secondVersion(request, customOf(book).second);
  if (version !== "v3") return replyWith(noSuchPath());
  const { third } = customOf(book);
  if (rest.length === 0) return { kind: "json", status: 200, body: openApiV3Index(third) };
  const [root, first = "", second = ""] = rest;
  const [group, groupVersion] = root === "api" ? ["", first] : [first, second];
  const isServed = resources.some(
    (resource) => resource.group === group && resource.version === groupVersion,
  );
  const found = isServed
    ? openApiV3(group, groupVersion)
    : third.get(`apis/${group}/${groupVersion}`);
  return found === undefined ? replyWith(noSuchPath()) : thirdVersion(request, found);
}

/** What documents say of custom resources. */
interface CustomDocuments {
  readonly edition: number;
  /** Undefined where there are none. */
  readonly second: OpenApiAdditions | undefined;
  /** Documents of v3 by path. */
  readonly third: ReadonlyMap<string, JsonObject>;
}

const customs = new WeakMap<ResourceBook, CustomDocuments>();

/** The documents of custom resources, made anew when a definition has changed. */
function customOf(book: ResourceBook): CustomDocuments {
  const known = customs.get(book);
  if (known?.edition === book.edition) return known;
  const { served, edition } = book;
  const groups = Map.groupBy(served, ({ group, version }) => `apis/${group}/${version}`);
  const third = new Map([...groups].map(([path, each]) => [path, customOpenApiV3(each)]));
  const definitions: JsonObject = Object.assign({}, ...served.map(customDefinitionsV2));
  const second = served.length === 0 ? undefined : { paths: customPaths(served), definitions };
  const made = { edition, second, third };
  customs.set(book, made);
  return made;
}

function thirdVersion(request: ApiRequest, document: JsonObject): ApiReply {
  const hash = openApiV3Hash(document);
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
