/**
 * What a request is about: resource, namespace, name, subresource and verb, read from its path.
 *
 * Source: k8s.io/apiserver, endpoints/request/requestinfo.go.
 */
import type { Resource, ResourceBook } from "@beemesh/model";
import type { ApiRequest } from "@beemesh/ports";
import { metricsResources } from "./metrics-resource.ts";
import { flagIn } from "./query-value.ts";
import { reviewResources } from "./review-resource.ts";
import { virtualResources } from "./virtual-resource.ts";

export type Verb =
  | "create"
  | "get"
  | "list"
  | "watch"
  | "update"
  | "patch"
  | "delete"
  | "deletecollection"
  // Of a program behind a proxy alone; only who may do everything may ask it.
  | "options";

/** A request for objects. */
export interface RequestInfo {
  readonly resource: Resource;
  /** Empty for what has no namespace, and for all namespaces. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** Such as `status`; empty for the object itself. */
  readonly subresource: string;
  readonly verb: Verb;
}

/**
 * Reads the path of a request for objects.
 *
 * @returns `no-path` if nothing is served there, `no-method` if not by this method.
 */
export function requestInfoOf(
  request: ApiRequest,
  book: ResourceBook,
): RequestInfo | "no-path" | "no-method" {
  const place = placeOf(request.path, book);
  if (place === undefined) return "no-path";
  const verb = verbOf(request, place);
  if (verb === undefined) return "no-method";
  const { resource, namespace } = place;
  if (!resource.namespaced && namespace !== "") return "no-path";
  // Across namespaces one can only look.
  const isAcross = resource.namespaced && namespace === "";
  if (isAcross && place.name !== "") return "no-path";
  if (isAcross && verb !== "list" && verb !== "watch") return "no-method";
  return { ...place, verb };
}

type Place = Omit<RequestInfo, "verb">;

/** The subresource behind which a path and a method are another program's. */
export const proxySubresource = "proxy";

function placeOf(path: readonly string[], book: ResourceBook): Place | undefined {
  const [root, ...rest] = path;
  if (root === "api") return inGroup("", rest, book);
  if (root === "apis") return inGroup(rest[0] ?? "", rest.slice(1), book);
  return undefined;
}

/** Subresources of a namespace itself; any other word after its name is a resource in it. */
const ofNamespaces = new Set(["status", "finalize"]);

function inGroup(
  group: string,
  [version, ...rest]: readonly string[],
  book: ResourceBook,
): Place | undefined {
  const namespace = namespaceIn(group, rest);
  const [plural = "", ...below] = namespace === "" ? rest : rest.slice(2);
  const resource = servedResource(group, version ?? "", plural, book);
  const [name = "", subresource = ""] = below;
  const isLonger = below.length > 2 && subresource !== proxySubresource;
  if (resource === undefined || isLonger) return undefined;
  return { resource, namespace, name, subresource };
}

/** The namespace that the path goes through, if it does not end at the namespace itself. */
function namespaceIn(group: string, [root, namespace, below]: readonly string[]): string {
  if (root !== "namespaces" || namespace === undefined || below === undefined) return "";
  return group === "" && ofNamespaces.has(below) ? "" : namespace;
}

const unkept = [...reviewResources, ...virtualResources, ...metricsResources];

function servedResource(
  group: string,
  version: string,
  plural: string,
  book: ResourceBook,
): Resource | undefined {
  const kept = book.serving(group, version, plural);
  if (kept !== undefined) return kept;
  return unkept.find(
    (resource) =>
      resource.group === group && resource.version === version && resource.name === plural,
  );
}

const ofCollections: ReadonlyMap<string, Verb> = new Map([
  ["GET", "list"],
  ["HEAD", "list"],
  ["POST", "create"],
  ["DELETE", "deletecollection"],
]);

const ofObjects: ReadonlyMap<string, Verb> = new Map([
  ["GET", "get"],
  ["HEAD", "get"],
  ["POST", "create"],
  ["PUT", "update"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
]);

const ofProxies: ReadonlyMap<string, Verb> = new Map([...ofObjects, ["OPTIONS", "options"]]);

function verbOf({ method, query }: ApiRequest, { name, subresource }: Place): Verb | undefined {
  if (subresource === proxySubresource) return ofProxies.get(method);
  const isReading = method === "GET" || method === "HEAD";
  if (isReading && flagIn(query, "watch") === true) return "watch";
  return (name === "" ? ofCollections : ofObjects).get(method);
}
