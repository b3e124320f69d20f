/**
 * What Go's decoder would say of an object that has not the shape of its kind: kube-apiserver
 * answers with that, before it looks at anything else.
 *
 * Source: encoding/json, `UnmarshalTypeError`; k8s.io/apimachinery, api/resource and meta/v1 Time.
 */
import { isJsonObject, type Json } from "@beemesh/wire";
import type { KubeObject } from "./object.ts";
import type { Resource } from "./resource.ts";
import { type Field, type TypeSchema, typeNamed, typeOfResource } from "./schema.ts";
import { type StructureFault, structureFaults } from "./structure.ts";

/** Why an object of a served kind cannot be read, by its first wrong field; undefined if it can. */
export function decodingFault(resource: Resource, object: KubeObject): string | undefined {
  if (!isJsonObject(object)) return undefined;
  const [fault] = structureFaults(typeOfResource(resource), object, 1);
  return fault === undefined ? undefined : faultText(fault);
}

function faultText({ cause, holder, field, value }: StructureFault): string {
  if (holder === undefined || field === undefined) return cause.message;
  const own = ownWords[field.type];
  if (own !== undefined && own.takes(value)) return own.say(value);
  const path = cause.field.replaceAll(/\[[^\]]*\]/gu, "");
  const place = `${shortName(holder.name)}.${path}`;
  const isElement = field.shape === "one" || cause.field.endsWith("]");
  const wanted = isElement ? elementType(field) : wholeType(field);
  const found = foundText(value);
  return `json: cannot unmarshal ${found} into Go struct field ${place} of type ${wanted}`;
}

/** Types that are read from a text by a function of their own. */
const ownWords: Readonly<
  Record<
    string,
    { readonly takes: (value: Json) => boolean; readonly say: (value: Json) => string }
  >
> = {
  Quantity: {
    takes: (value) => typeof value === "string" || typeof value === "number",
    say: () =>
      "quantities must match the regular expression " +
      "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  },
  Time: timeWords("2006-01-02T15:04:05Z07:00"),
  MicroTime: timeWords("2006-01-02T15:04:05.000000Z07:00"),
  bytes: {
    takes: (value) => typeof value === "string",
    say: () => "illegal base64 data",
  },
};

function timeWords(layout: string): (typeof ownWords)[string] {
  return {
    takes: (value) => typeof value === "string",
    say: (value) => `parsing time ${JSON.stringify(value)} as "${layout}": cannot parse it`,
  };
}

function foundText(value: Json): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? `number ${value}` : "number";
  return typeof value === "string" ? "string" : "object";
}

function wholeType(field: Field): string {
  const element = elementType(field);
  return field.shape === "list" ? `[]${element}` : `map[string]${element}`;
}

const goTypes: Readonly<Record<string, string>> = {
  double: "float64",
  bytes: "[]uint8",
  IntOrString: "intstr.IntOrString",
  Quantity: "resource.Quantity",
  Time: "v1.Time",
  MicroTime: "v1.MicroTime",
  Duration: "v1.Duration",
};

function elementType({ type }: Field): string {
  const named: TypeSchema | undefined = typeNamed(type);
  if (named === undefined) return goTypes[type] ?? type;
  const [, version = "v1", name = type] = named.name.split(".");
  return `${version}.${name}`;
}

function shortName(name: string): string {
  return name.split(".").at(-1) ?? name;
}
