/**
 * The paths of an OpenAPI v3 document: which requests each resource takes, and with which
 * parameters. kubectl looks here whether dry runs and field validation are known.
 */
import type { Json, JsonObject } from "@beemesh/wire";
import { type GroupVersionKind, schemaReference } from "./openapi-schemas.ts";
import type { Resource } from "./resource.ts";
import { typeOfResource } from "./schema.ts";

/** The path below which a group's version is served: `/api/v1`, `/apis/apps/v1`. */
export function groupPath(group: string, version: string): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

/**
 * The paths of a resource with the operations on each.
 *
 * @param custom - The name of its schema in the document, if it is not one of the model.
 */
export function resourcePaths(resource: Resource, custom?: string): JsonObject {
  const { group, version, kind, name, namespaced } = resource;
  const root = groupPath(group, version);
  const list = `${root}${namespaced ? "/namespaces/{namespace}" : ""}/${name}`;
  const item = `${list}/{name}`;
  const type = custom ?? typeOfResource(resource).name;
  const own: Target = {
    gvk: { group, version, kind },
    type,
    isNamespaced: namespaced,
    isCustom: custom !== undefined,
  };
  const scale: Target = { ...own, gvk: scaleKind, type: "autoscaling.v1.Scale" };
  return {
    [list]: collectionItem(own),
    [item]: objectItem(own),
    ...(namespaced ? { [`${root}/${name}`]: everywhereItem(own) } : {}),
    ...(resource.hasStatus ? { [`${item}/status`]: subresourceItem(own) } : {}),
    ...(resource.hasScale ? { [`${item}/scale`]: subresourceItem(scale) } : {}),
  };
}

const scaleKind: GroupVersionKind = { group: "autoscaling", version: "v1", kind: "Scale" };

interface Target {
  readonly gvk: GroupVersionKind;
  readonly type: string;
  readonly isNamespaced: boolean;
  readonly isCustom: boolean;
}

type Parameters = readonly (readonly [name: string, type: "string" | "integer" | "boolean"])[];

const listParameters: Parameters = [
  ["allowWatchBookmarks", "boolean"],
  ["continue", "string"],
  ["fieldSelector", "string"],
  ["labelSelector", "string"],
  ["limit", "integer"],
  ["resourceVersion", "string"],
  ["resourceVersionMatch", "string"],
  ["sendInitialEvents", "boolean"],
  ["timeoutSeconds", "integer"],
  ["watch", "boolean"],
];
const writeParameters: Parameters = [
  ["dryRun", "string"],
  ["fieldManager", "string"],
  ["fieldValidation", "string"],
];
const deleteParameters: Parameters = [
  ["dryRun", "string"],
  ["gracePeriodSeconds", "integer"],
  ["orphanDependents", "boolean"],
  ["propagationPolicy", "string"],
];

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/** Nobody knows how the lists of a custom resource would merge strategically. */
const customPatchTypes = [...patchTypes.slice(0, 2), "application/apply-patch+yaml"];

function collectionItem(target: Target): JsonObject {
  return {
    get: operation(target, "list", { query: listParameters, answer: `${target.type}List` }),
    post: operation(target, "post", { query: writeParameters, body: target.type }),
    delete: operation(target, "deletecollection", {
      query: [...deleteParameters, ...listParameters.filter(([name]) => name !== "watch")],
      answer: "meta.v1.Status",
    }),
    parameters: pathParameters(target, false),
  };
}

function everywhereItem(target: Target): JsonObject {
  return {
    get: operation(target, "list", { query: listParameters, answer: `${target.type}List` }),
    parameters: [],
  };
}

function objectItem(target: Target): JsonObject {
  return {
    ...subresourceItem(target),
    delete: operation(target, "delete", {
      query: deleteParameters,
      body: "meta.v1.DeleteOptions",
      answer: "meta.v1.Status",
    }),
  };
}

function subresourceItem(target: Target): JsonObject {
  const force: Parameters = [...writeParameters, ["force", "boolean"]];
  return {
    get: operation(target, "get", { query: [] }),
    put: operation(target, "put", { query: writeParameters, body: target.type }),
    patch: operation(target, "patch", {
      query: force,
      bodyTypes: target.isCustom ? customPatchTypes : patchTypes,
    }),
    parameters: pathParameters(target, true),
  };
}

interface Exchange {
  readonly query: Parameters;
  /** The type of the request's body. */
  readonly body?: string;
  /** The media types of a body without a type. */
  readonly bodyTypes?: readonly string[];
  /** The type of the answer; that of the resource without one. */
  readonly answer?: string;
}

function operation(target: Target, action: string, exchange: Exchange): JsonObject {
  const { query, body, bodyTypes, answer = target.type } = exchange;
  const content = (types: readonly string[], schema: JsonObject): Json =>
    Object.fromEntries(types.map((type) => [type, { schema }]));
  const requestBody =
    bodyTypes === undefined
      ? content(["*/*"], body === undefined ? {} : schemaReference(body))
      : content(bodyTypes, { type: "object" });
  return {
    parameters: query.map(([name, type]) => parameter("query", name, type)),
    ...(body === undefined && bodyTypes === undefined
      ? {}
      : { requestBody: { content: requestBody } }),
    responses: {
      "200": {
        description: "OK",
        content: content(["application/json"], schemaReference(answer)),
      },
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { ...target.gvk },
  };
}

function pathParameters({ isNamespaced }: Target, hasName: boolean): readonly JsonObject[] {
  return [...(hasName ? ["name"] : []), ...(isNamespaced ? ["namespace"] : [])].map((name) =>
    parameter("path", name, "string"),
  );
}

function parameter(place: "path" | "query", name: string, type: string): JsonObject {
  const schema = { type, uniqueItems: true };
  return { in: place, name, schema, ...(place === "path" ? { required: true } : {}) };
}
