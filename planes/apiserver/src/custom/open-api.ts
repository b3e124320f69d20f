/**
 * OpenAPI documents of custom resources, for clients that validate, explain and complete.
 *
 * Source: k8s.io/apiextensions-apiserver, pkg/controller/openapi/builder.
 */
import { componentSchemas, type Resource, resourcePaths } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";

const metadataName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const listMetadataName = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
const everywhere = [
  "meta.v1.DeleteOptions",
  "meta.v1.ListMeta",
  "meta.v1.ObjectMeta",
  "meta.v1.Status",
];

/** Where a document keeps its schemas. */
type Root = "#/components/schemas/" | "#/definitions/";

/** The OpenAPI v3 document of a group's version whose resources are custom. */
export function customOpenApiV3(resources: readonly Resource[]): JsonObject {
  const hasScale = resources.some((resource) => resource.hasScale);
  const scale = { group: "autoscaling", version: "v1", kind: "Scale" };
  const common = componentSchemas(
    [...everywhere, ...(hasScale ? ["autoscaling.v1.Scale"] : [])],
    new Map(hasScale ? [["autoscaling.v1.Scale", scale]] : []),
  );
  const own = resources.flatMap((resource) => schemasOf(resource, "#/components/schemas/"));
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes CRD Swagger", version: "v0.1.0" },
    paths: customPaths(resources),
    components: { schemas: { ...common, ...Object.fromEntries(own) } },
  };
}

/** The paths of resources, with the operations on each. */
export function customPaths(resources: readonly Resource[]): JsonObject {
  return Object.assign(
    {},
    ...resources.map((resource) => resourcePaths(resource, schemaName(resource))),
  );
}

/**
 * The definitions of a custom resource for an OpenAPI v2 document, by name. What v2 cannot say is
 * left out, as kube-apiserver does: unknown members are preserved by saying nothing of members.
 */
export function customDefinitionsV2(resource: Resource): JsonObject {
  return Object.fromEntries(
    schemasOf(resource, "#/definitions/").map(([name, schema]) => [name, asV2(schema)]),
  );
}

/** The name under which documents know the kind: the group turned around, version and kind. */
export function schemaName({ group, version, kind }: Resource): string {
  return [...group.split(".").toReversed(), version, kind].join(".");
}

function schemasOf(resource: Resource, root: Root): readonly (readonly [string, JsonObject])[] {
  const { group, version, kind, custom } = resource;
  const name = schemaName(resource);
  const listKind = custom?.listKind ?? `${kind}List`;
  const listName = name.replace(/[^.]+$/u, () => listKind);
  const list = {
    description: `${listKind} is a list of ${kind}`,
    type: "object",
    required: ["items"],
    properties: {
      ...typeMembers,
      items: {
        description: `The ${resource.name} of the list.`,
        type: "array",
        items: { $ref: `${root}${name}` },
      },
      metadata: reference(listMetadataName, root, listMetadataText),
    },
    "x-kubernetes-group-version-kind": [{ group, version, kind: listKind }],
  };
  return [
    [name, rootSchema(resource, root)],
    [listName, list],
  ];
}

const typeMembers: JsonObject = {
  apiVersion: {
    description: "The version of the API in which the object is written.",
    type: "string",
  },
  kind: { description: "What the object is.", type: "string" },
};
const metadataText = "The metadata that every object has.";
const listMetadataText = "The metadata that every list has.";

function reference(name: string, root: Root, description: string): JsonObject {
  // Beside a `$ref` nothing else counts in v3, so that a text needs an `allOf`.
  const $ref = `${root}${name}`;
  return root === "#/definitions/" ? { description, $ref } : { description, allOf: [{ $ref }] };
}

function rootSchema({ custom, group, version, kind }: Resource, root: Root): JsonObject {
  const schema = published(custom?.schema ?? {}, root);
  const own = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const isKnown = Object.keys(own).length > 0 || !preserves;
  return {
    ...schema,
    type: "object",
    ...(isKnown || root !== "#/definitions/"
      ? {
          properties: {
            ...own,
            ...typeMembers,
            metadata: reference(metadataName, root, metadataText),
          },
        }
      : {}),
    "x-kubernetes-group-version-kind": [{ group, version, kind }],
  };
}

/** A schema as clients read it: embedded objects have what every object has. */
function published(schema: JsonObject, root: Root): JsonObject {
  const entries = Object.entries(schema).map(([member, value]): [string, Json] => {
    if (member === "properties" && isJsonObject(value)) {
      const inner = Object.entries(value).map(([name, each]): [string, Json] => [
        name,
        isJsonObject(each) ? published(each, root) : each,
      ]);
      return [member, Object.fromEntries(inner)];
    }
    const isInner = member === "items" || member === "additionalProperties";
    return [member, isInner && isJsonObject(value) ? published(value, root) : value];
  });
  const made = Object.fromEntries(entries);
  if (schema["x-kubernetes-embedded-resource"] !== true) return made;
  const properties = isJsonObject(made["properties"]) ? made["properties"] : {};
  const metadata = reference(metadataName, root, metadataText);
  return { ...made, properties: { ...properties, ...typeMembers, metadata } };
}

/** Members of schemas that OpenAPI v2 does not know, or older clients read wrongly. */
const unknownToV2 = ["allOf", "anyOf", "default", "not", "nullable", "oneOf"];

function asV2(schema: JsonObject): JsonObject {
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) return preserving(schema);
  // Null is taken there, which a type would rule out.
  const isNullable = schema["nullable"] === true;
  const entries = Object.entries(schema)
    .filter(([member]) => !unknownToV2.includes(member))
    .filter(([member]) => !isNullable || !["type", "items", "properties"].includes(member))
    .map(([member, value]): [string, Json] => [member, innerV2(member, value)]);
  return Object.fromEntries(entries);
}

/** Clients that know some members only would call the others wrong. */
function preserving(schema: JsonObject): JsonObject {
  const kept = Object.entries(schema).filter(([member]) =>
    [
      "description",
      "x-kubernetes-group-version-kind",
      "x-kubernetes-preserve-unknown-fields",
    ].includes(member),
  );
  return {
    ...Object.fromEntries(kept),
    ...(schema["type"] === "object" ? { type: "object" } : {}),
  };
}

function innerV2(member: string, value: Json): Json {
  if (!isJsonObject(value)) return value;
  if (member === "items" || member === "additionalProperties") return asV2(value);
  if (member !== "properties") return value;
  const inner = Object.entries(value).map(([name, each]): [string, Json] => [
    name,
    isJsonObject(each) ? asV2(each) : each,
  ]);
  return Object.fromEntries(inner);
}
