/**
 * What a schema may say of how lists and maps merge.
 *
 * Source: k8s.io/apiextensions-apiserver, pkg/apis/apiextensions/validation/validation.go.
 */
import { type Cause, forbidden, invalid, notSupported, required } from "@beemesh/model";
import { isJsonObject, type JsonObject } from "@beemesh/wire";

/** What is wrong with `x-kubernetes-list-type`, `-list-map-keys` and `-map-type` of a schema. */
export function listRuleCauses(schema: JsonObject, path: string): readonly Cause[] {
  const listType = schema["x-kubernetes-list-type"];
  const mapType = schema["x-kubernetes-map-type"];
  return [
    ...(mapType === undefined ? [] : kindCauses(schema, path, "map")),
    ...(listType === undefined ? [] : kindCauses(schema, path, "list")),
    ...keyCauses(schema, path),
    ...(listType === "map" ? keyedCauses(schema, path) : []),
    ...(listType === "set" || listType === "map" ? nullableCauses(schema, path) : []),
  ];
}

const kinds = {
  map: { type: "object", supported: ["atomic", "granular"] },
  list: { type: "array", supported: ["atomic", "set", "map"] },
} as const;

function kindCauses(schema: JsonObject, path: string, which: "map" | "list"): readonly Cause[] {
  const { type, supported } = kinds[which];
  const extension = `x-kubernetes-${which}-type`;
  const said = schema[extension];
  const found = schema["type"] ?? "";
  const rule = `must be ${type} if ${extension} is specified`;
  const field = `${path}.type`;
  return [
    ...(found === type ? [] : [found === "" ? required(field, rule) : invalid(field, found, rule)]),
    ...(supported.some((each) => each === said)
      ? []
      : [notSupported(`${path}.${extension}`, said, supported)]),
  ];
}

function keysOf(schema: JsonObject): readonly string[] {
  const keys = schema["x-kubernetes-list-map-keys"];
  return (Array.isArray(keys) ? keys : []).filter((key) => typeof key === "string");
}

function keyCauses(schema: JsonObject, path: string): readonly Cause[] {
  const listType = schema["x-kubernetes-list-type"];
  const field = `${path}.x-kubernetes-list-type`;
  const rule = "must be map if x-kubernetes-list-map-keys is non-empty";
  if (keysOf(schema).length === 0 || listType === "map") return [];
  return [listType === undefined ? required(field, rule) : invalid(field, listType, rule)];
}

function keyedCauses(schema: JsonObject, path: string): readonly Cause[] {
  const keys = keysOf(schema);
  const field = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) {
    return [required(field, "must not be empty if x-kubernetes-list-type is map")];
  }
  const { items } = schema;
  if (!isJsonObject(items)) {
    const rule = "must have a schema if x-kubernetes-list-type is map";
    return [required(`${path}.items`, rule)];
  }
  if (items["type"] !== "object") {
    const rule = "must be object if parent array's x-kubernetes-list-type is map";
    return [invalid(`${path}.items.type`, items["type"] ?? "", rule)];
  }
  const causes = keys.flatMap((key) => itemKeyCauses(items, key, { path, keys }));
  return new Set(keys).size === keys.length
    ? causes
    : [...causes, invalid(field, keys, "must not contain duplicate entries")];
}

function itemKeyCauses(
  items: JsonObject,
  key: string,
  { path, keys }: { readonly path: string; readonly keys: readonly string[] },
): readonly Cause[] {
  const { properties, required: needed } = items;
  const property = isJsonObject(properties) ? properties[key] : undefined;
  if (!isJsonObject(property)) {
    const rule = "entries must all be names of item properties";
    return [invalid(`${path}.x-kubernetes-list-map-keys`, keys, rule)];
  }
  const field = `${path}.items.properties[${key}]`;
  const isScalar = property["type"] !== "array" && property["type"] !== "object";
  const isNeeded = Array.isArray(needed) && needed.includes(key);
  const mapKey = "this property is in x-kubernetes-list-map-keys, so it";
  return [
    ...(isScalar
      ? []
      : [
          invalid(
            `${field}.type`,
            property["type"],
            "must be a scalar type if parent array's x-kubernetes-list-type is map",
          ),
        ]),
    ...(isNeeded || property["default"] !== undefined
      ? []
      : [required(`${field}.default`, `${mapKey} must have a default or be a required property`)]),
    ...(property["nullable"] === true
      ? [forbidden(`${field}.nullable`, `${mapKey} cannot be nullable`)]
      : []),
  ];
}

function nullableCauses(schema: JsonObject, path: string): readonly Cause[] {
  const { items } = schema;
  const listType = schema["x-kubernetes-list-type"] === "set" ? "set" : "map";
  if (!isJsonObject(items) || items["nullable"] !== true) return [];
  const rule = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
  return [forbidden(`${path}.items.nullable`, rule)];
}
