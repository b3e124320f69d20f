/** Objects of all kinds, as their schema has them, and what somebody makes of such an object. */
import type { Random } from "../../core/base/src/index.ts";
import type { Resource } from "../../core/model/src/resource.ts";
import {
  type Field,
  type TypeSchema,
  typeNamed,
  typeOfResource,
} from "../../core/model/src/schema.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/wire/src/index.ts";

/** Objects in each other: deeper ones are left out. */
const depthMax = 7;

/** One of some values. */
export function oneOf<Value>(random: Random, values: readonly [Value, ...Value[]]): Value {
  return values[random.below(values.length)] ?? values[0];
}

/** Texts that mean something to one rule or another. */
const texts = [
  "a",
  "web",
  "",
  "default",
  "kube-system",
  "A_B",
  "a.b.c",
  "-a",
  "a/b",
  "x".repeat(300),
  "é",
  "\u0000",
  "10.0.0.1",
  "::1",
  "10.0.0.0/8",
  "999.1.1.1",
  "http",
  "80",
  "65536",
  "$(A)",
  "../x",
  "/",
  "1Gi",
  "100m",
  "1e999",
  "-1",
  "2026-01-01T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "* * * * *",
  "@every 1s",
  "25%",
  "101%",
  "app=web",
  "__proto__",
  "constructor",
  "metadata.name",
  "Always",
  "Never",
  "TCP",
  "None",
  "RollingUpdate",
  "example.com/x",
  "{}",
  "null",
  "Zm9v",
  "=not base64",
  "apps/v1",
  "v1",
  "Pod",
] as const;

const numbers = [
  0,
  1,
  2,
  -1,
  80,
  65_535,
  65_536,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  1.5,
  1e308,
  -0,
] as const;

/** Any value. */
export function anyJson(random: Random, depth = 0): Json {
  const choice = random.below(depth > 3 ? 5 : 7);
  if (choice === 0) return null;
  if (choice === 1) return random.below(2) === 0;
  if (choice === 2) return oneOf(random, numbers);
  if (choice < 5) return oneOf(random, texts);
  const length = random.below(4);
  if (choice === 5) return Array.from({ length }, () => anyJson(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length }, () => [oneOf(random, texts), anyJson(random, depth + 1)]),
  );
}

/** An object of a kind with members of the right type, few of them or many. */
export function objectOf(random: Random, resource: Resource): JsonObject {
  const { group, version, kind } = resource;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const metadata = { name: oneOf(random, ["a", "b", "c"]), ...someLabels(random) };
  const type = typeOfResource(resource);
  return { ...membersOf(random, type, 0), apiVersion, kind, metadata };
}

function someLabels(random: Random): JsonObject {
  if (random.below(3) > 0) return {};
  return {
    labels: { app: oneOf(random, ["web", "a"]) },
    ...(random.below(4) === 0 && { finalizers: ["example.com/x"] }),
    ...(random.below(6) === 0 && { generateName: "a-" }),
  };
}

function membersOf(random: Random, type: TypeSchema, depth: number): JsonObject {
  // What is required mostly stands there, so that objects get past the first rule.
  const wanted = [...type.members.values()].filter(
    ({ isRequired }) => random.below(100) < (isRequired ? 95 : 25 - 3 * depth),
  );
  return Object.fromEntries(wanted.map((field) => [field.name, fieldOf(random, field, depth)]));
}

function fieldOf(random: Random, field: Field, depth: number): Json {
  const one = (): Json => valueOf(random, field, depth);
  const length = random.below(3);
  if (field.shape === "list") return Array.from({ length: length || 1 }, one);
  if (field.shape === "map") {
    return Object.fromEntries(Array.from({ length }, () => [oneOf(random, texts), one()]));
  }
  return one();
}

function valueOf(random: Random, { type, published }: Field, depth: number): Json {
  const [first, ...rest] = published.values ?? [];
  if (first !== undefined && random.below(8) > 0) return oneOf(random, [first, ...rest]);
  const inner = typeNamed(type);
  if (inner !== undefined) return depth < depthMax ? membersOf(random, inner, depth + 1) : {};
  if (random.below(40) === 0) return anyJson(random);
  if (type === "bool") return random.below(2) === 0;
  if (/^(?:int|double)/u.test(type))
    return random.below(3) === 0 ? oneOf(random, numbers) : random.below(100);
  if (type === "RawExtension" || type === "FieldsV1") return { a: anyJson(random) };
  return oneOf(random, texts);
}

/** The value with something in it changed, taken out or put in. */
export function changed(random: Random, value: Json): Json {
  if (Array.isArray(value) && value.length > 0 && random.below(4) > 0) {
    const place = random.below(value.length);
    if (random.below(6) === 0) return [...value, ...value];
    return value.map((each: Json, index) => (index === place ? changed(random, each) : each));
  }
  if (isJsonObject(value) && random.below(8) > 0) return changedObject(random, value);
  return anyJson(random);
}

function changedObject(random: Random, object: JsonObject): JsonObject {
  const names = Object.keys(object);
  const name = names[random.below(names.length + 1)] ?? oneOf(random, texts);
  const choice = random.below(6);
  const { [name]: value = null, ...others } = object;
  if (choice === 0) return others;
  if (choice === 1) return { ...object, [name]: anyJson(random) };
  if (choice === 2) return { ...others, [`${name}x`]: value };
  return { ...object, [name]: changed(random, value) };
}
