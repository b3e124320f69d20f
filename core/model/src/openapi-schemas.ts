/** The component schemas of an OpenAPI v3 document, from the schema of the served kinds. */
import type { Json, JsonObject } from "@beemesh/wire";
import { type Field, type TypeSchema, typeNamed } from "./schema.ts";

/** What `x-kubernetes-group-version-kind` says. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";

/** The schemas of values that have their own JSON form, by type. */
const scalars: Readonly<Record<string, JsonObject>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
};

/** Named schemas that have no members. */
const named: Readonly<Record<string, { readonly name: string; readonly schema: JsonObject }>> = {
  Quantity: {
    name: "io.k8s.apimachinery.pkg.api.resource.Quantity",
    schema: { oneOf: [{ type: "string" }, { type: "number" }] },
  },
  IntOrString: {
    name: "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
    schema: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  },
  Time: { name: `${meta}.Time`, schema: { type: "string", format: "date-time" } },
  MicroTime: { name: `${meta}.MicroTime`, schema: { type: "string", format: "date-time" } },
  Duration: { name: `${meta}.Duration`, schema: { type: "string" } },
  FieldsV1: { name: `${meta}.FieldsV1`, schema: { type: "object" } },
  RawExtension: {
    name: "io.k8s.apimachinery.pkg.runtime.RawExtension",
    schema: { type: "object" },
  },
  JSON: {
    name: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
    schema: {},
  },
};

/** Whether a type, or the list of it, is one of the model; others go by the name that they have. */
function isOurs(type: string): boolean {
  return named[type] !== undefined || [type, type.replace(/List$/u, "")].some(typeNamed);
}

/** The name under which documents know a type, such as `io.k8s.api.core.v1.Pod`. */
export function schemaName(type: string): string {
  if (!isOurs(type)) return type;
  const special = named[type]?.name;
  if (special !== undefined) return special;
  if (type.startsWith("meta.")) return `io.k8s.apimachinery.pkg.apis.${type}`;
  if (type.startsWith("apiextensions.")) {
    return `io.k8s.apiextensions-apiserver.pkg.apis.${type}`;
  }
  // Our own types: the name that a CustomResourceDefinition of beemesh.io would give them.
  if (type.startsWith("beemesh.")) return `io.${type}`;
  return type.startsWith("runtime.") ? `io.k8s.apimachinery.pkg.${type}` : `io.k8s.api.${type}`;
}

/** A reference to the schema of a type. */
export function schemaReference(type: string): JsonObject {
  return { $ref: `#/components/schemas/${schemaName(type)}` };
}

/**
 * The schemas of types and of all that they speak of, by name.
 *
 * @param kinds - Of which kind the objects of a type are.
 */
export function componentSchemas(
  roots: readonly string[],
  kinds: ReadonlyMap<string, GroupVersionKind>,
): JsonObject {
  const schemas = new Map<string, Json>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const type = typeNamed(name);
    const schema = type === undefined ? named[name]?.schema : typeDocument(type, kinds.get(name));
    if (schema === undefined || schemas.has(schemaName(name))) continue;
    schemas.set(schemaName(name), schema);
    open.push(...[...(type?.members.values() ?? [])].map((field) => field.type));
  }
  return Object.fromEntries([...schemas].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function typeDocument(type: TypeSchema, kind: GroupVersionKind | undefined): JsonObject {
  const fields = [...type.members.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const needed = fields.filter((field) => field.isRequired).map((field) => field.name);
  return {
    type: "object",
    properties: Object.fromEntries(fields.map((field) => [field.name, property(field)])),
    ...(needed.length === 0 ? {} : { required: needed }),
    ...(type.isAtomic ? { "x-kubernetes-map-type": "atomic" } : {}),
    ...(kind === undefined ? {} : { "x-kubernetes-group-version-kind": [{ ...kind }] }),
  };
}

function property(field: Field): JsonObject {
  const value = valueSchema(field);
  if (field.shape === "list") return { type: "array", items: value, ...mergeFacts(field) };
  if (field.shape === "map") {
    return { type: "object", additionalProperties: value, ...mergeFacts(field) };
  }
  return { ...value, ...mergeFacts(field), ...valueFacts(field) };
}

function valueFacts({ published }: Field): JsonObject {
  const { min, max, fallback, isImplied } = published;
  return {
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(isImplied === true ? { default: {} } : {}),
  };
}

/** References stand in `allOf`, so that there is room for other facts beside them. */
function valueSchema({ type, published: { values } }: Field): JsonObject {
  const schema = scalars[type] ?? { allOf: [schemaReference(type)] };
  return values === undefined ? schema : { ...schema, enum: [...values] };
}

function mergeFacts({ merge }: Field): JsonObject {
  const { patchStrategies, patchKey, listType, listKeys, isAtomic, isGranular } = merge;
  return {
    ...(patchStrategies.length === 0
      ? {}
      : { "x-kubernetes-patch-strategy": patchStrategies.join(",") }),
    ...(patchKey === "" ? {} : { "x-kubernetes-patch-merge-key": patchKey }),
    ...(listType === undefined ? {} : { "x-kubernetes-list-type": listType }),
    ...(listKeys.length === 0 ? {} : { "x-kubernetes-list-map-keys": listKeys }),
    ...(isAtomic ? { "x-kubernetes-map-type": "atomic" } : {}),
    ...(isGranular ? { "x-kubernetes-map-type": "granular" } : {}),
  };
}
