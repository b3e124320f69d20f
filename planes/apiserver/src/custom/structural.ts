/**
 * What a schema must be to be structural, so that unknown members can be told from known ones.
 *
 * Source: k8s.io/apiextensions-apiserver, pkg/apiserver/schema/validation.go and complete.go,
 * pkg/apis/apiextensions/validation/validation.go.
 */
import { patternError } from "@beemesh/cel";
import { type Cause, forbidden, invalid, notSupported, required } from "@beemesh/model";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { fieldPathSteps } from "./field-path.ts";
import { listRuleCauses } from "./list-schema.ts";

type Level = "root" | "field" | "item";

/** Causes that one schema gives at most. */
const causesMax = 50;

/** What is wrong with the schema of a version. */
export function structuralCauses(schema: JsonObject, path: string): readonly Cause[] {
  const causes = [...invariants(schema, path, "root"), ...rootCauses(schema, path)];
  return causes.toSorted((a, b) => (a.field < b.field ? -1 : 1)).slice(0, causesMax);
}

function rootCauses(schema: JsonObject, path: string): readonly Cause[] {
  return schema["nullable"] === true
    ? [forbidden(`${path}.nullable`, "nullable cannot be true at the root")]
    : [];
}

function isTrue(schema: JsonObject, extension: string): boolean {
  return schema[`x-kubernetes-${extension}`] === true;
}

function invariants(schema: JsonObject, path: string, level: Level): readonly Cause[] {
  return [
    ...typeCauses(schema, path, level),
    ...unsupportedCauses(schema, path),
    ...extensionCauses(schema, path),
    ...listRuleCauses(schema, path),
    ...ruleShapeCauses(schema, path),
    ...childCauses(schema, path, level),
    ...metadataCauses(schema, path, level),
    ...valueCauses(schema, path, { level, mayHaveIntOrString: isTrue(schema, "int-or-string") }),
    ...coverageCauses(schema, schema, path),
  ];
}

const types = ["string", "number", "integer", "boolean", "array", "object"];

const emptyTexts: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function typeCauses(schema: JsonObject, path: string, level: Level): readonly Cause[] {
  const type = typeof schema["type"] === "string" ? schema["type"] : "";
  const field = `${path}.type`;
  if (isTrue(schema, "embedded-resource") && type !== "object") {
    const rule = "must be object if x-kubernetes-embedded-resource is true";
    return [type === "" ? required(field, rule) : invalid(field, type, rule)];
  }
  if (type !== "") return namedTypeCauses(type, field, level);
  const mayBeEmpty = isTrue(schema, "int-or-string") || isTrue(schema, "preserve-unknown-fields");
  return mayBeEmpty ? [] : [required(field, emptyTexts[level])];
}

function namedTypeCauses(type: string, field: string, level: Level): readonly Cause[] {
  if (type === "null") {
    return [forbidden(field, "type cannot be set to null, use nullable as an alternative")];
  }
  if (!types.includes(type)) return [notSupported(field, type, types)];
  return level === "root" && type !== "object"
    ? [invalid(field, type, "must be object at the root")]
    : [];
}

const unsupported = ["id", "additionalItems", "patternProperties", "definitions", "dependencies"];

function unsupportedCauses(schema: JsonObject, path: string): readonly Cause[] {
  const found = [...unsupported, "$ref"].filter((member) => schema[member] !== undefined);
  return [
    ...found.map((member) => forbidden(`${path}.${member}`, `${member} is not supported`)),
    ...(schema["uniqueItems"] === true
      ? [
          forbidden(
            `${path}.uniqueItems`,
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
          ),
        ]
      : []),
    ...(isJsonObject(schema["properties"]) &&
    Object.keys(schema["properties"]).length > 0 &&
    schema["additionalProperties"] !== undefined &&
    schema["additionalProperties"] !== false
      ? [
          forbidden(
            `${path}.additionalProperties`,
            "additionalProperties and properties are mutual exclusive",
          ),
        ]
      : []),
    ...(schema["additionalProperties"] === false
      ? [forbidden(`${path}.additionalProperties`, "additionalProperties cannot be set to false")]
      : []),
  ];
}

function extensionCauses(schema: JsonObject, path: string): readonly Cause[] {
  const preserves = schema["x-kubernetes-preserve-unknown-fields"];
  const causes: Cause[] = [];
  const mustBeFalse = "must be false if x-kubernetes-int-or-string is true";
  if (preserves === false) {
    const field = `${path}.x-kubernetes-preserve-unknown-fields`;
    causes.push(invalid(field, false, "must be true or undefined"));
  }
  if (!isTrue(schema, "int-or-string")) return causes;
  for (const extension of ["preserve-unknown-fields", "embedded-resource"]) {
    if (!isTrue(schema, extension)) continue;
    causes.push(invalid(`${path}.x-kubernetes-${extension}`, true, mustBeFalse));
  }
  return causes;
}

const reasons = [
  "FieldValueDuplicate",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueRequired",
];

/** What is wrong with the form of the rules in CEL; what they say is compiled elsewhere. */
function ruleShapeCauses(schema: JsonObject, path: string): readonly Cause[] {
  const rules = schema["x-kubernetes-validations"];
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((rule: Json, index) =>
    isJsonObject(rule) ? ruleCauses(rule, `${path}.x-kubernetes-validations[${index}]`) : [],
  );
}

function textIn(rule: JsonObject, member: string): string | undefined {
  const value = rule[member];
  return typeof value === "string" ? value : undefined;
}

function ruleCauses(rule: JsonObject, path: string): readonly Cause[] {
  const reason = textIn(rule, "reason");
  const fieldPath = textIn(rule, "fieldPath") ?? "";
  const hasPath = fieldPath === "" || fieldPathSteps(fieldPath) !== undefined;
  return [
    ...(textIn(rule, "rule")?.trim() ? [] : [required(`${path}.rule`, "rule is not specified")]),
    ...messageCauses(rule, path),
    ...(reason === undefined || reasons.includes(reason)
      ? []
      : [notSupported(`${path}.reason`, reason, reasons)]),
    ...(hasPath ? [] : [invalid(`${path}.fieldPath`, fieldPath, "must be a valid path")]),
  ];
}

function messageCauses(rule: JsonObject, path: string): readonly Cause[] {
  const message = textIn(rule, "message");
  const field = `${path}.message`;
  if (message !== undefined && message.trim() === "") {
    return [invalid(field, message, "must be non-empty if specified")];
  }
  if (message?.includes("\n") === true) {
    return [invalid(field, message, "must not contain line breaks")];
  }
  const isLong = textIn(rule, "rule")?.trim().includes("\n") === true;
  const hasMessage = (message ?? textIn(rule, "messageExpression") ?? "") !== "";
  const why = "message must be specified if rule contains line breaks";
  return isLong && !hasMessage ? [required(field, why)] : [];
}

function childCauses(schema: JsonObject, path: string, level: Level): readonly Cause[] {
  const { items, additionalProperties: others } = schema;
  const causes: Cause[] = [];
  if (schema["type"] === "array" && items === undefined) {
    causes.push(required(`${path}.items`, "must be specified"));
  }
  if (Array.isArray(items)) {
    causes.push(forbidden(`${path}.items`, "items must be a schema object and not an array"));
  }
  if (isJsonObject(items)) causes.push(...invariants(items, `${path}.items`, "item"));
  for (const [name, inner] of propertiesOf(schema)) {
    causes.push(...invariants(inner, `${path}.properties[${name}]`, "field"));
  }
  if (others !== undefined && others !== false && level === "root") {
    causes.push(forbidden(`${path}.additionalProperties`, "must not be used at the root"));
  }
  if (isJsonObject(others)) {
    causes.push(...invariants(others, `${path}.additionalProperties`, "field"));
  }
  return causes;
}

function propertiesOf(schema: JsonObject): readonly (readonly [string, JsonObject])[] {
  const { properties } = schema;
  return Object.entries(isJsonObject(properties) ? properties : {}).flatMap(
    ([name, inner]): (readonly [string, JsonObject])[] =>
      isJsonObject(inner) ? [[name, inner]] : [],
  );
}

function metadataCauses(schema: JsonObject, path: string, level: Level): readonly Cause[] {
  const isEmbedded = isTrue(schema, "embedded-resource");
  if (level !== "root" && !isEmbedded) return [];
  const members = new Map(propertiesOf(schema));
  const rule =
    "must not be empty if x-kubernetes-embedded-resource is true without " +
    "x-kubernetes-preserve-unknown-fields";
  const isBare = isEmbedded && !isTrue(schema, "preserve-unknown-fields") && members.size === 0;
  const misnamed = ["kind", "apiVersion"].filter(
    (name) => members.has(name) && members.get(name)?.["type"] !== "string",
  );
  return [
    ...(isBare ? [required(`${path}.properties`, rule)] : []),
    ...misnamed.map((name) => {
      const field = `${path}.properties[${name}].type`;
      return invalid(field, members.get(name)?.["type"] ?? "", "must be string");
    }),
    ...metadataMemberCauses(members.get("metadata"), `${path}.properties[metadata]`, level),
  ];
}

function metadataMemberCauses(
  metadata: JsonObject | undefined,
  field: string,
  level: Level,
): readonly Cause[] {
  if (metadata === undefined) return [];
  const type = metadata["type"] ?? "";
  const rule =
    "must not specify anything other than name and generateName, but metadata is implicitly " +
    "specified";
  return [
    ...(type === "object" ? [] : [invalid(`${field}.type`, type, "must be object")]),
    ...(level === "root" && saysMore(metadata) ? [forbidden(field, rule)] : []),
  ];
}

function saysMore(metadata: JsonObject): boolean {
  const { type: _, properties, description: __, ...rest } = metadata;
  const names = Object.keys(isJsonObject(properties) ? properties : {});
  const isMore = names.some((name) => name !== "name" && name !== "generateName");
  return isMore || Object.keys(rest).length > 0;
}

interface Nested {
  readonly level: Level;
  /** Where `integer` and `string` may be named, for they are one type together. */
  readonly mayHaveIntOrString: boolean;
}

const intOrString = canonicalJson([{ type: "integer" }, { type: "string" }]);

/** What is wrong with what a schema says of values, and with the schemas that it combines. */
function valueCauses(schema: JsonObject, path: string, nested: Nested): readonly Cause[] {
  const { not } = schema;
  const inner = ["allOf", "anyOf", "oneOf"].flatMap((junctor) =>
    junctorCauses(schema, junctor, { ...nested, path }),
  );
  const below = { ...nested, mayHaveIntOrString: false };
  return [
    ...patternCauses(schema, path),
    ...inner,
    ...(isJsonObject(not) ? nestedCauses(not, `${path}.not`, below) : []),
  ];
}

function patternCauses({ pattern }: JsonObject, path: string): readonly Cause[] {
  if (typeof pattern !== "string" || pattern === "") return [];
  const error = patternError(pattern);
  if (error === undefined) return [];
  const rule = `must be a valid regular expression, but isn't: ${error}`;
  return [invalid(`${path}.pattern`, pattern, rule)];
}

function junctorCauses(
  schema: JsonObject,
  junctor: string,
  { level, mayHaveIntOrString, path }: Nested & { readonly path: string },
): readonly Cause[] {
  const isPair = mayHaveIntOrString && canonicalJson(schema["anyOf"] ?? null) === intOrString;
  if (junctor === "anyOf" && isPair) return [];
  const below = { level, mayHaveIntOrString: junctor === "allOf" && mayHaveIntOrString };
  return schemasAt(schema, junctor).flatMap((inner, index) =>
    nestedCauses(inner, `${path}.${junctor}[${index}]`, below),
  );
}

function schemasAt(schema: JsonObject, junctor: string): readonly JsonObject[] {
  const found = schema[junctor];
  return (Array.isArray(found) ? found : []).filter(isJsonObject);
}

/** What a schema inside `allOf`, `anyOf`, `oneOf` or `not` may not say. */
const forbiddenInside: readonly (readonly [string, string])[] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

function nestedCauses(schema: JsonObject, path: string, nested: Nested): readonly Cause[] {
  const causes = forbiddenInside
    .filter(([member]) => isSaid(schema[member]))
    .map(([member, rule]) => forbidden(`${path}.${member}`, rule));
  const { items } = schema;
  const plain = { level: "field", mayHaveIntOrString: false } as const;
  if (isJsonObject(items)) causes.push(...nestedCauses(items, `${path}.items`, plain));
  for (const [name, inner] of propertiesOf(schema)) {
    const field = `${path}.properties[${name}]`;
    if (name === "metadata") {
      causes.push(forbidden(field, "must not be specified in a nested context"));
    }
    causes.push(...nestedCauses(inner, field, plain));
  }
  return [...causes, ...valueCauses(schema, path, nested)];
}

function isSaid(value: Json | undefined): boolean {
  return value !== undefined && value !== false && value !== "";
}

/** What combinations speak of, the schema itself must speak of. */
function coverageCauses(schema: JsonObject, own: JsonObject, path: string): readonly Cause[] {
  const inner = [
    ...["allOf", "anyOf", "oneOf"].flatMap((junctor) => schemasAt(schema, junctor)),
    ...(isJsonObject(schema["not"]) ? [schema["not"]] : []),
  ];
  return inner.flatMap((each) => [
    ...uncovered(each, own, path),
    ...coverageCauses(each, own, path),
  ]);
}

function uncovered(nested: JsonObject, own: JsonObject, path: string): readonly Cause[] {
  const members = new Map(propertiesOf(own));
  const missing = propertiesOf(nested).flatMap(([name, inner]) => {
    const known = members.get(name);
    const field = `${path}.properties[${name}]`;
    if (known !== undefined) return uncovered(inner, known, field);
    const isMap = isJsonObject(own["additionalProperties"]);
    const rule = `because it is defined in ${path}`;
    return isMap ? [] : [required(field, rule)];
  });
  const { items } = nested;
  if (!isJsonObject(items)) return missing;
  const known = own["items"];
  if (isJsonObject(known)) return [...missing, ...uncovered(items, known, `${path}.items`)];
  return [...missing, required(`${path}.items`, `because it is defined in ${path}`)];
}
