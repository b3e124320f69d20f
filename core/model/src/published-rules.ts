/**
 * Rules that Kubernetes publishes with its types: the texts of enumerations, bounds, and what a
 * missing member is. They come out of the schema; what it cannot say stands in the other rules.
 */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { type Cause, invalid, notSupported, tooLong, tooMany } from "./cause.ts";
import { utf8 } from "./encoding.ts";
import { isSet, memberPath, textOf } from "./members.ts";
import { type Field, type TypeSchema, typeNamed } from "./schema.ts";
import { mapValues, valuesOf } from "./walk.ts";

/** What of an object breaks a published rule. Statuses are left out: machines write them. */
export function publishedCauses(
  type: TypeSchema,
  object: JsonObject,
  path: string,
): readonly Cause[] {
  if (path === "status" || path.startsWith("status.")) return [];
  return Object.entries(object).flatMap(([member, value]) => {
    const field = type.members.get(member);
    if (field === undefined || !isRuled(field) || !isSet(value)) return [];
    return fieldCauses(field, value, memberPath(path, member));
  });
}

/** An object whose missing members that are asked for all the same are there, and empty. */
export function withImplied(type: TypeSchema, object: JsonObject): JsonObject {
  const missing = [...type.members.values()].filter(
    ({ name, published }) => published.isImplied === true && !isSet(object[name]),
  );
  const whole =
    missing.length === 0
      ? object
      : { ...object, ...Object.fromEntries(missing.map(({ name }) => [name, {}])) };
  return mapValues(type, whole, (field, value) => {
    const inner = typeNamed(field.type);
    return inner === undefined || !isJsonObject(value) ? value : withImplied(inner, value);
  });
}

/** An object with what stands for its missing members. */
export function withFallbacks(type: TypeSchema, object: JsonObject): JsonObject {
  const missing = [...type.members.values()].flatMap(({ name, published: { fallback } }) =>
    fallback === undefined || (isSet(object[name]) && object[name] !== "")
      ? []
      : [[name, fallback] as const],
  );
  return missing.length === 0 ? object : { ...object, ...Object.fromEntries(missing) };
}

function isRuled({ published }: Field): boolean {
  const { values, min, max, bytesMax, itemsMax } = published;
  return [values, min, max, bytesMax, itemsMax].some((rule) => rule !== undefined);
}

function fieldCauses(field: Field, value: Json, path: string): readonly Cause[] {
  const { itemsMax } = field.published;
  if (itemsMax !== undefined && Array.isArray(value) && value.length > itemsMax) {
    return [tooMany(path, value.length, itemsMax)];
  }
  return valuesOf(field, value, path).flatMap((each) => valueCauses(field, each.value, each.path));
}

function valueCauses({ published }: Field, value: Json, path: string): readonly Cause[] {
  const { values, min, max, bytesMax } = published;
  if (values !== undefined) {
    const isRight = value === "" || values.includes(textOf(value));
    return isRight ? [] : [notSupported(path, value, values)];
  }
  if (bytesMax !== undefined && utf8(textOf(value)).length > bytesMax) {
    return [tooLong(path, bytesMax)];
  }
  if (min !== undefined && Number(value) < min) {
    return [invalid(path, value, `must be greater than or equal to ${min}`)];
  }
  return max !== undefined && Number(value) > max
    ? [invalid(path, value, `must be less than or equal to ${max}`)]
    : [];
}
