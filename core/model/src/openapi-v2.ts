/**
 * The OpenAPI v2 document: all groups in one, for clients that know no v3 (kubectl before 1.27,
 * Argo CD, generators of clients).
 *
 * Source: https://swagger.io/specification/v2/
 */
import { hashOf } from "@beemesh/base";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { everywhere, kindsOfAll } from "./openapi.ts";
import { resourcePaths } from "./openapi-paths.ts";
import { componentSchemas } from "./openapi-schemas.ts";
import { encodeOpenApiV2 } from "./openapi-v2-protobuf.ts";
import { resources } from "./resource.ts";

/**
 * The media type of the document in protobuf. Clients ask for it with `@` for the second `.v`.
 */
export const openApiV2MediaType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/** What is served beyond the built-in kinds, already in the words of OpenAPI v2. */
export interface OpenApiAdditions {
  readonly paths: JsonObject;
  readonly definitions: JsonObject;
}

const nothing: OpenApiAdditions = { paths: {}, definitions: {} };

/** The document in its two forms, and what tells whether a client's copy is still good. */
export interface OpenApiV2 {
  readonly etag: string;
  readonly json: string;
  readonly protobuf: Uint8Array;
}

/** A document that was made, until nobody has room for it; its tag for as long as the additions. */
interface Kept {
  readonly etag: string;
  readonly made: WeakRef<OpenApiV2>;
}

const kept = new WeakMap<OpenApiAdditions, Kept>();

/** The tag of the document with these additions; the document is made for it only once. */
export function openApiV2Tag(additions: OpenApiAdditions = nothing): string {
  return kept.get(additions)?.etag ?? openApiV2(additions).etag;
}

/**
 * The whole document. It takes some megabytes and a moment to make, so that it is made when it is
 * asked for, and kept only while memory is not needed for anything else.
 *
 * @param additions - The same object as long as nothing has changed.
 */
export function openApiV2(additions: OpenApiAdditions = nothing): OpenApiV2 {
  const known = kept.get(additions)?.made.deref();
  if (known !== undefined) return known;
  const document = openApiV2Document(additions);
  const json = JSON.stringify(document);
  const etag = `"${hashOf(json).toString(16).toUpperCase()}"`;
  const made = { etag, json, protobuf: encodeOpenApiV2(document) };
  kept.set(additions, { etag, made: new WeakRef(made) });
  return made;
}

/** Paths of version 3 as version 2 has them. */
export function openApiV2Paths(paths: JsonObject): JsonObject {
  return mapped(paths, pathItemOf);
}

/** The document as JSON. */
export function openApiV2Document(additions: OpenApiAdditions = nothing): JsonObject {
  const kinds = kindsOfAll(resources);
  const schemas = componentSchemas([...kinds.keys(), ...everywhere], kinds);
  const paths: JsonObject = Object.assign(
    {},
    ...resources.map((resource) => resourcePaths(resource)),
  );
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: { ...mapped(paths, pathItemOf), ...additions.paths },
    definitions: { ...mapped(schemas, schemaOf), ...additions.definitions },
  };
}

function mapped(object: JsonObject, change: (value: Json) => Json): JsonObject {
  const members = Object.entries(object);
  return Object.fromEntries(members.map(([name, value]) => [name, change(value)]));
}

/**
 * A schema in the words of v2: references stand by themselves, a value has one type, and defaults
 * are left out, as kube-apiserver does.
 */
function schemaOf(schema: Json): Json {
  if (!isJsonObject(schema)) return schema;
  const members = Object.entries(schema).flatMap(([name, value]) => memberOf(name, value));
  return Object.fromEntries(members);
}

function memberOf(name: string, value: Json): (readonly [string, Json])[] {
  if (name === "default") return [];
  if (name === "oneOf") return [["type", "string"]];
  if (name === "allOf") return Array.isArray(value) ? value.flatMap(referenceIn) : [];
  if (name === "$ref") return referenceIn({ $ref: value });
  if (name === "properties" && isJsonObject(value)) return [[name, mapped(value, schemaOf)]];
  const isSchema = name === "items" || name === "additionalProperties";
  return [[name, isSchema ? schemaOf(value) : value]];
}

function referenceIn(schema: Json): [string, Json][] {
  const reference = isJsonObject(schema) ? schema["$ref"] : undefined;
  if (typeof reference !== "string") return [];
  return [["$ref", reference.replace("#/components/schemas/", "#/definitions/")]];
}

function pathItemOf(item: Json): Json {
  if (!isJsonObject(item)) return item;
  return mapped({ ...item }, (part) =>
    Array.isArray(part) ? part.map(parameterOf) : operationOf(part),
  );
}

/** A parameter's type stands in the parameter itself. */
function parameterOf(parameter: Json): Json {
  if (!isJsonObject(parameter)) return parameter;
  const { schema, ...rest } = parameter;
  return isJsonObject(schema) ? { ...rest, ...schema } : rest;
}

/** The body is a parameter like others, and its media types are the operation's. */
function operationOf(operation: Json): Json {
  if (!isJsonObject(operation)) return operation;
  const { parameters, requestBody, responses, ...rest } = operation;
  const content = contentOf(requestBody);
  const [first] = Object.values(content);
  const body = first === undefined ? [] : [bodyOf(first)];
  const named = Array.isArray(parameters) ? parameters.map(parameterOf) : [];
  return {
    ...(first === undefined ? {} : { consumes: Object.keys(content) }),
    produces: ["application/json"],
    schemes: ["https"],
    parameters: [...body, ...named],
    responses: isJsonObject(responses) ? mapped(responses, responseOf) : {},
    ...rest,
  };
}

function contentOf(holder: Json | undefined): JsonObject {
  const content = isJsonObject(holder) ? holder["content"] : undefined;
  return isJsonObject(content) ? content : {};
}

function bodyOf(content: Json): Json {
  const schema = isJsonObject(content) ? (content["schema"] ?? {}) : {};
  return { in: "body", name: "body", required: true, schema: schemaOf(schema) };
}

function responseOf(response: Json): Json {
  if (!isJsonObject(response)) return response;
  const [first] = Object.values(contentOf(response));
  const schema = isJsonObject(first) ? first["schema"] : undefined;
  const { description = "" } = response;
  return { description, ...(schema === undefined ? {} : { schema: schemaOf(schema) }) };
}
