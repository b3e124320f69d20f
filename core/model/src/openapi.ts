/**
 * OpenAPI documents: what clients read to validate, explain and patch.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
 */
import { hashOf } from "@beemesh/base";
import type { JsonObject } from "@beemesh/wire";
import { groupPath, resourcePaths } from "./openapi-paths.ts";
import { componentSchemas, type GroupVersionKind } from "./openapi-schemas.ts";
import { type Resource, resources } from "./resource.ts";
import { typeOfResource } from "./schema.ts";

/**
 * The document of a group's version, for `/openapi/v3/apis/<group>/<version>`. Of a group that is
 * not served it has no paths.
 */
export function openApiV3(group: string, version: string): JsonObject {
  const served = resources.filter((each) => each.group === group && each.version === version);
  const path = groupPath(group, version);
  const known = documents.get(path) ?? documentOf(served);
  if (served.length > 0) documents.set(path, known);
  return known;
}

/**
 * The list of all documents, for `/openapi/v3`. The hash of each lets clients keep it.
 *
 * @param others - Documents beside those of the model, by path: `apis/example.com/v1`.
 */
export function openApiV3Index(others: ReadonlyMap<string, JsonObject> = new Map()): JsonObject {
  const own = resources.map(({ group, version }): [string, string] => [
    groupPath(group, version).slice(1),
    openApiV3Hash(group, version),
  ]);
  const added = [...others].map(([path, each]): [string, string] => [path, documentHash(each)]);
  const paths = [...new Map([...own, ...added])].map(([path, hash]) => [
    path,
    { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` },
  ]);
  return { paths: Object.fromEntries(paths) };
}

/** The hash of a document, by which its address names it. */
export function openApiV3Hash(group: string, version: string): string {
  return documentHash(openApiV3(group, version));
}

const hashes = new WeakMap<JsonObject, string>();

/** The hash of a document. Documents are made once, and are long. */
export function documentHash(document: JsonObject): string {
  const known = hashes.get(document);
  if (known !== undefined) return known;
  const hash = hashOf(JSON.stringify(document)).toString(16).toUpperCase();
  hashes.set(document, hash);
  return hash;
}

/** Documents that were made before: they never change. */
const documents = new Map<string, JsonObject>();

/** Types that every document has: clients send and get them everywhere. */
export const everywhere = ["meta.v1.DeleteOptions", "meta.v1.Status"];

function documentOf(served: readonly Resource[]): JsonObject {
  const kinds = kindsOfAll(served);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.assign({}, ...served.map((resource) => resourcePaths(resource))),
    components: { schemas: componentSchemas([...kinds.keys(), ...everywhere], kinds) },
  };
}

/** The kinds of resources, and of their lists and scales, by type. */
export function kindsOfAll(served: readonly Resource[]): Map<string, GroupVersionKind> {
  const kinds = new Map(served.flatMap(kindsOf));
  const hasScale = served.some((resource) => resource.hasScale);
  const scale = { group: "autoscaling", version: "v1", kind: "Scale" };
  if (hasScale) kinds.set("autoscaling.v1.Scale", scale);
  return kinds;
}

function kindsOf(resource: Resource): readonly (readonly [string, GroupVersionKind])[] {
  const { group, version, kind } = resource;
  const { name } = typeOfResource(resource);
  return [
    [name, { group, version, kind }],
    [`${name}List`, { group, version, kind: `${kind}List` }],
  ];
}
