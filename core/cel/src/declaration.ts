/**
 * Types from schemas, and values from objects that follow them.
 *
 * Source: k8s.io/apiserver, pkg/cel/common/schemas.go and values.go.
 */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { base64Bytes } from "./bytes.ts";
import { momentOf, spanOf } from "./time.ts";
import { reservedWords } from "./token.ts";
import { type CelType, dyn, listOf, mapOf, type ObjectField, simple } from "./type.ts";
import type { Key, MapValue, Value } from "./value.ts";

/** How a variable of an expression is typed: a type's name, or the schema of its object. */
export type Declaration =
  | string
  | { readonly schema: JsonObject; readonly isResource?: boolean }
  | { readonly optional: Declaration }
  | CelType;

const reserved = new Set(["true", "false", "null", "in", ...reservedWords]);
const signs: Readonly<Record<string, string>> = {
  __: "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__",
};

/** The name by which an expression asks for a member; undefined if it cannot. */
export function escapedName(member: string): string | undefined {
  if (reserved.has(member)) return `__${member}__`;
  const escaped = member.replaceAll(/__|[.\-/]/gu, (sign) => signs[sign] ?? sign);
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/u.test(escaped) ? escaped : undefined;
}

/**
 * The type of the values of a structural schema.
 *
 * @param isResource - Whether the object has a kind and a name, whatever its schema says.
 * @returns undefined for what has no type, which expressions cannot ask for.
 */
export function typeOfSchema(schema: Json | undefined, isResource = false): CelType | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (schema["x-kubernetes-int-or-string"] === true) return dyn;
  const { type } = schema;
  if (type === "object" || isResource) {
    return objectType(schema, isResource || schema["x-kubernetes-embedded-resource"] === true);
  }
  if (type !== "array") return typeof type === "string" ? scalarType(schema, type) : undefined;
  const item = typeOfSchema(schema["items"]);
  return item === undefined ? undefined : listOf(item);
}

function scalarType({ format }: JsonObject, type: string): CelType | undefined {
  const name = Object.hasOwn(scalarTypes, type) ? scalarTypes[type] : undefined;
  if (name === "string" && typeof format === "string")
    return simple(Object.hasOwn(textTypes, format) ? (textTypes[format] ?? name) : name);
  return name === undefined ? undefined : simple(name);
}

const scalarTypes: Readonly<Record<string, string>> = {
  string: "string",
  boolean: "bool",
  number: "double",
  integer: "int",
};

const textTypes: Readonly<Record<string, string>> = {
  byte: "bytes",
  duration: "google.protobuf.Duration",
  date: "google.protobuf.Timestamp",
  "date-time": "google.protobuf.Timestamp",
};

const metadataType: CelType = {
  kind: "object",
  name: "object",
  fields: fieldsOf([
    ["name", simple("string")],
    ["generateName", simple("string")],
  ]),
};

const resourceFields: readonly (readonly [string, CelType])[] = [
  ["apiVersion", simple("string")],
  ["kind", simple("string")],
  ["metadata", metadataType],
];

function objectType(schema: JsonObject, isResource: boolean): CelType | undefined {
  const { properties, additionalProperties } = schema;
  if (isJsonObject(additionalProperties)) {
    const value = typeOfSchema(additionalProperties);
    return value === undefined ? undefined : mapOf(simple("string"), value);
  }
  const own = Object.entries(isJsonObject(properties) ? properties : {}).flatMap(
    ([member, inner]): (readonly [string, CelType])[] => {
      const type = typeOfSchema(inner);
      return type === undefined ? [] : [[member, type]];
    },
  );
  const added = isResource ? resourceFields.filter(([name]) => !isOwn(own, name)) : [];
  return { kind: "object", name: "object", fields: fieldsOf([...own, ...added]) };
}

function isOwn(own: readonly (readonly [string, CelType])[], name: string): boolean {
  return name !== "metadata" && own.some(([member]) => member === name);
}

function fieldsOf(
  members: readonly (readonly [string, CelType])[],
): ReadonlyMap<string, ObjectField> {
  return new Map(
    members.flatMap(([member, type]): [string, ObjectField][] => {
      const name = escapedName(member);
      return name === undefined ? [] : [[name, { member, type }]];
    }),
  );
}

/** The value that a member of an object is for expressions, by its type. */
export function adopted(json: Json, type: CelType): Value {
  if (typeof json === "boolean") return json;
  if (typeof json === "number") return adoptedNumber(json, type);
  if (typeof json === "string") {
    return type.kind === "simple" ? adoptedText(json, type.name) : json;
  }
  if (json === null || isJsonObject(json)) return json === null ? null : adoptedObject(json, type);
  const item = type.kind === "list" ? type.item : dyn;
  return json.map((each) => adopted(each, item));
}

function adoptedNumber(json: number, type: CelType): Value {
  const isDouble = type.kind === "simple" && type.name === "double";
  return isDouble || !Number.isInteger(json) ? json : BigInt(json);
}

function adoptedText(text: string, type: string): Value {
  if (type === "google.protobuf.Timestamp") return momentOf(text) ?? text;
  if (type === "google.protobuf.Duration") return spanOf(text) ?? text;
  return type === "bytes" ? (base64Bytes(text) ?? text) : text;
}

function adoptedObject(json: JsonObject, type: CelType): MapValue {
  if (type.kind === "object") return objectValue(json, type.fields);
  const value = type.kind === "map" ? type.value : dyn;
  return {
    isMap: true,
    get size() {
      return Object.keys(json).length;
    },
    keys: () => Object.keys(json),
    get: (key) => memberOf(json, key, value),
  };
}

function objectValue(json: JsonObject, fields: ReadonlyMap<string, ObjectField>): MapValue {
  const names = (): readonly string[] =>
    [...fields].flatMap(([name, { member }]) => (Object.hasOwn(json, member) ? [name] : []));
  return {
    isMap: true,
    get size() {
      return names().length;
    },
    keys: names,
    get: (key) => {
      const field = typeof key === "string" ? fields.get(key) : undefined;
      return field === undefined ? undefined : memberOf(json, field.member, field.type);
    },
  };
}

function memberOf(json: JsonObject, key: Key, type: CelType): Value | undefined {
  if (typeof key !== "string" || !Object.hasOwn(json, key)) return undefined;
  const member = json[key];
  return member === undefined ? undefined : adopted(member, type);
}
