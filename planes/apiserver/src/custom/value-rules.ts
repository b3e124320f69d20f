/**
 * What a schema says about values: types, bounds, patterns and their combinations.
 *
 * The words are those of k8s.io/kube-openapi, pkg/validation/errors, as
 * k8s.io/apiextensions-apiserver, pkg/apiserver/validation puts them into causes.
 */
import { isMatch } from "@beemesh/cel";
import { type Cause, invalid, notSupported, required, tooLong, tooMany } from "@beemesh/model";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { formatProblem } from "./format.ts";

/** A refused object is nonsense after this many causes; it bounds the answer. */
const causesMax = 100;

/** What of a value breaks its schema. */
export function valueCauses(
  schema: JsonObject,
  value: Json,
  place: { readonly path: string; readonly before?: Json | undefined },
): readonly Cause[] {
  const causes: Cause[] = [];
  check(schema, value, { ...place, causes });
  return causes.slice(0, causesMax);
}

interface Place {
  readonly path: string;
  /** The value before, where it can be told; what has not changed is not looked at again. */
  readonly before?: Json | undefined;
  readonly causes: Cause[];
}

function check(schema: JsonObject, value: Json, place: Place): void {
  const { path, before, causes } = place;
  if (causes.length >= causesMax) return;
  if (before !== undefined && isSame(before, value)) return;
  if (value === null && schema["nullable"] === true) return;
  const wrongType = typeProblem(schema, value, path);
  if (wrongType !== undefined) {
    causes.push(wrongType);
    return;
  }
  causes.push(...enumCauses(schema, value, path));
  if (typeof value === "string") causes.push(...textCauses(schema, value, path));
  if (typeof value === "number") causes.push(...numberCauses(schema, value, path));
  if (Array.isArray(value)) checkList(schema, value, place);
  if (isJsonObject(value)) checkObject(schema, value, place);
  checkCombinations(schema, value, place);
}

function isSame(a: Json, b: Json): boolean {
  return a === b || (typeof a === "object" && canonicalJson(a) === canonicalJson(b));
}

/** The name of a value's type, a whole number's being the narrower one. */
function typeNameOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function typeProblem(schema: JsonObject, value: Json, path: string): Cause | undefined {
  const found = typeNameOf(value);
  const wanted = schema["x-kubernetes-int-or-string"] === true ? "integer,string" : schema["type"];
  if (typeof wanted !== "string" || wanted === "") return undefined;
  const isRight = wanted.split(",").some((type) => isOfType(found, type));
  if (isRight) return undefined;
  const rule = `${where(path)} in body must be of type ${wanted}: ${JSON.stringify(found)}`;
  return { ...invalid(path, found, rule), reason: "FieldValueTypeInvalid" };
}

function isOfType(found: string, type: string): boolean {
  return found === type || (found === "integer" && type === "number");
}

function where(path: string): string {
  return path === "" ? "<nil>" : path;
}

function enumCauses({ enum: values }: JsonObject, value: Json, path: string): readonly Cause[] {
  if (!Array.isArray(values) || values.some((each: Json) => isSame(each, value))) return [];
  const texts = values.map((each: Json) => (typeof each === "string" ? each : canonicalJson(each)));
  return [notSupported(path, value, texts)];
}

function numberOf(schema: JsonObject, member: string): number | undefined {
  const value = schema[member];
  return typeof value === "number" ? value : undefined;
}

function textCauses(schema: JsonObject, value: string, path: string): readonly Cause[] {
  const length = Array.from(value).length;
  const [most, least] = [numberOf(schema, "maxLength"), numberOf(schema, "minLength")];
  const { pattern, format } = schema;
  const causes: Cause[] = [];
  if (most !== undefined && length > most) causes.push(tooLong(path, most));
  if (least !== undefined && length < least) {
    causes.push(invalid(path, value, `${path} in body should be at least ${least} chars long`));
  }
  if (typeof pattern === "string" && !isMatch(value, pattern)) {
    causes.push(invalid(path, value, `${path} in body should match '${pattern}'`));
  }
  if (typeof format === "string" && formatProblem(format, value)) {
    const rule = `${path} in body must be of type ${format}: ${JSON.stringify(value)}`;
    causes.push({ ...invalid(path, value, rule), reason: "FieldValueTypeInvalid" });
  }
  return causes;
}

function numberCauses(schema: JsonObject, value: number, path: string): readonly Cause[] {
  const most = numberOf(schema, "maximum");
  const least = numberOf(schema, "minimum");
  const step = numberOf(schema, "multipleOf");
  const isBelow = schema["exclusiveMaximum"] === true;
  const isAbove = schema["exclusiveMinimum"] === true;
  const rules: string[] = [];
  if (most !== undefined && (isBelow ? value >= most : value > most)) {
    rules.push(`should be less than ${isBelow ? "" : "or equal to "}${most}`);
  }
  if (least !== undefined && (isAbove ? value <= least : value < least)) {
    rules.push(`should be greater than ${isAbove ? "" : "or equal to "}${least}`);
  }
  if (step !== undefined && step > 0 && !Number.isInteger(value / step)) {
    rules.push(`should be a multiple of ${step}`);
  }
  return rules.map((rule) => invalid(path, value, `${path} in body ${rule}`));
}

function checkList(schema: JsonObject, list: readonly Json[], place: Place): void {
  const { path, before, causes } = place;
  const [most, least] = [numberOf(schema, "maxItems"), numberOf(schema, "minItems")];
  if (most !== undefined && list.length > most) causes.push(tooMany(path, list.length, most));
  if (least !== undefined && list.length < least) {
    const rule = `${path} in body should have at least ${least} items`;
    causes.push(invalid(path, list.length, rule));
  }
  const { items } = schema;
  if (!isJsonObject(items)) return;
  const former = formerItems(schema, before);
  for (const [index, item] of list.entries()) {
    check(items, item, { path: `${path}[${index}]`, before: former(item), causes });
  }
}

/** Finds the item that an item of a map of keys was before; of other lists none can be told. */
export function formerItems(
  schema: JsonObject,
  before: Json | undefined,
): (item: Json) => Json | undefined {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] !== "map" || !Array.isArray(keys)) return () => undefined;
  if (!Array.isArray(before)) return () => undefined;
  const keyOf = (item: Json): string =>
    canonicalJson(keys.map((key) => (isJsonObject(item) ? (item[String(key)] ?? null) : null)));
  const byKey = new Map(before.map((item: Json) => [keyOf(item), item]));
  return (item) => byKey.get(keyOf(item));
}

function checkObject(schema: JsonObject, object: JsonObject, place: Place): void {
  const { path, before, causes } = place;
  causes.push(...sizeCauses(schema, object, path));
  const needed = schema["required"];
  for (const name of Array.isArray(needed) ? needed : []) {
    if (typeof name !== "string" || Object.hasOwn(object, name)) continue;
    causes.push(required(memberPath(path, name)));
  }
  const { properties, additionalProperties: others } = schema;
  for (const [member, value] of Object.entries(object)) {
    const own = isJsonObject(properties) && Object.hasOwn(properties, member);
    const inner = own ? properties[member] : others;
    if (!isJsonObject(inner)) continue;
    const below = { path: memberPath(path, member), before: memberOf(before, member) };
    check(inner, value, { ...below, causes });
  }
}

function sizeCauses(schema: JsonObject, object: JsonObject, path: string): readonly Cause[] {
  const size = Object.keys(object).length;
  const [most, least] = [numberOf(schema, "maxProperties"), numberOf(schema, "minProperties")];
  const rule = `${where(path)} in body should have at least ${least ?? 0} properties`;
  return [
    ...(most !== undefined && size > most ? [tooMany(path, size, most)] : []),
    ...(least !== undefined && size < least ? [invalid(path, size, rule)] : []),
  ];
}

/** The path of a member below another. */
export function memberPath(path: string, member: string): string {
  return path === "" ? member : `${path}.${member}`;
}

function memberOf(value: Json | undefined, member: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, member) ? value[member] : undefined;
}

function checkCombinations(schema: JsonObject, value: Json, { path, causes }: Place): void {
  const named = JSON.stringify(path);
  const found = (each: Json): readonly Cause[] =>
    isJsonObject(each) ? valueCauses(each, value, { path }) : [];
  const all = schemasAt(schema, "allOf").flatMap(found);
  causes.push(...all);
  if (all.length > 0) causes.push(combined(path, `${named} must validate all the schemas (allOf)`));
  const any = schemasAt(schema, "anyOf").map(found);
  if (any.length > 0 && any.every((each) => each.length > 0)) {
    causes.push(combined(path, `${named} must validate at least one schema (anyOf)`));
    causes.push(...fewest(any));
  }
  const one = schemasAt(schema, "oneOf").map(found);
  const valid = one.filter((each) => each.length === 0).length;
  if (one.length > 0 && valid !== 1) {
    const count = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
    causes.push(combined(path, `${named} must validate one and only one schema (oneOf). ${count}`));
    if (valid === 0) causes.push(...fewest(one));
  }
  const { not } = schema;
  if (isJsonObject(not) && found(not).length === 0) {
    causes.push(combined(path, `${named} must not validate the schema (not)`));
  }
}

function combined(path: string, rule: string): Cause {
  return invalid(path, "", rule);
}

function schemasAt(schema: JsonObject, member: string): readonly Json[] {
  const found = schema[member];
  return Array.isArray(found) ? found : [];
}

/** The causes of the alternative that the value comes nearest to. */
function fewest(alternatives: readonly (readonly Cause[])[]): readonly Cause[] {
  return alternatives.toSorted((a, b) => a.length - b.length)[0] ?? [];
}
