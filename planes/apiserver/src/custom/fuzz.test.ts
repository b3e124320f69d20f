/** Schemas and objects of strangers: whatever they say, they are answered, and soon. */
import assert from "node:assert/strict";
import type { Random } from "@beemesh/base";
import { isKubeObject, ResourceBook, shapeOf } from "@beemesh/model";
import type { Json, JsonObject } from "@beemesh/wire";
import { fuzz } from "../../../../test/fuzz.ts";
import { definitionCauses } from "./definition-rules.ts";
import { customCauses, defaultedCustom, prunedCustom } from "./kind.ts";
import { customDefinitionsV2, customOpenApiV3 } from "./open-api.ts";

const extensions = [
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-int-or-string",
  "x-kubernetes-embedded-resource",
  "nullable",
  "uniqueItems",
];

const rules = [
  "self == oldSelf",
  "self > 1",
  "self.all(x, x.size() > 0)",
  "has(self.a) && self.a.b == 'x'",
  "size(self) < 5",
  "self.matches('(a+)+$')",
  "nope",
  "(",
];

function pick<T>(random: Random, values: readonly T[], fallback: T): T {
  return values[random.below(values.length)] ?? fallback;
}

function value(random: Random, depth = 0): Json {
  const plain: readonly Json[] = [null, true, 0, 1.5, -3, "", "x", "2024-01-01T00:00:00Z"];
  if (depth > 3 || random.below(3) > 0) return pick(random, plain, null);
  if (random.below(2) === 0) {
    return Array.from({ length: random.below(4) }, () => value(random, depth + 1));
  }
  return members(random, depth, (deeper) => value(random, deeper));
}

const names = ["a", "b", "spec", "metadata", "kind", "apiVersion", "__proto__", "constructor"];

function members(random: Random, depth: number, of: (depth: number) => Json): JsonObject {
  const entries = Array.from({ length: random.below(4) }, (): [string, Json] => [
    pick(random, names, "a"),
    of(depth + 1),
  ]);
  return Object.fromEntries(entries);
}

const types = ["string", "integer", "number", "boolean", "array", "object"];

function schema(random: Random, depth = 0): JsonObject {
  // Some are no schemas at all.
  if (random.below(60) === 0) return { type: value(random), properties: value(random) };
  const type = depth === 0 ? "object" : pick(random, types, "string");
  return {
    type,
    ...(type === "object" && depth < 3
      ? { properties: members(random, depth, (deeper) => schema(random, deeper)) }
      : {}),
    ...(type === "array"
      ? { items: depth < 4 ? schema(random, depth + 1) : { type: "string" } }
      : {}),
    ...said(random, depth),
  };
}

/** One more thing that a schema may say, or not. */
function said(random: Random, depth: number): JsonObject {
  const inner = (): JsonObject => (depth < 3 ? schema(random, depth + 1) : {});
  switch (random.below(14)) {
    case 0:
      return { [pick(random, extensions, "nullable")]: random.below(3) > 0 };
    case 1:
      return { default: value(random) };
    case 2:
      return { "x-kubernetes-validations": [{ rule: pick(random, rules, "true") }] };
    case 3:
      return { enum: [value(random), value(random)] };
    case 4:
      return { [pick(random, ["oneOf", "anyOf", "allOf"], "oneOf")]: [inner(), {}] };
    case 5:
      return { not: inner(), minLength: random.below(3), maxItems: random.below(3) };
    case 6:
      return { pattern: pick(random, ["^a", "(", "(a*)*b", "a{1000}{1000}"], "") };
    case 7:
      return { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"] };
    case 8:
      return { additionalProperties: random.below(3) === 0 ? true : inner() };
    case 9:
      return { required: ["a", value(random)], minimum: value(random) };
    default:
      return {};
  }
}

function definition(openAPIV3Schema: JsonObject): JsonObject {
  const own = { plural: "things", kind: "Thing" };
  const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.example.com", uid: "u" },
    spec: { group: "example.com", scope: "Cluster", names: own, versions: [version] },
  };
}

function object(random: Random): JsonObject {
  return {
    ...members(random, 0, (depth) => value(random, depth)),
    apiVersion: "example.com/v1",
    kind: "Thing",
    metadata: { name: "t", uid: "u" },
  };
}

fuzz("no schema and no object throws or runs on", ["refused", "valid", "invalid"], (random) => {
  const made = definition(schema(random));
  assert(isKubeObject(made));
  const isRefused = definitionCauses(made).length > 0;
  const book = new ResourceBook();
  book.learn(made);
  const resource = book.find("example.com", "things");
  assert(resource);
  // What other machines have written is not checked again: it must do no harm either.
  const given = object(random);
  assert(isKubeObject(given));
  const shown = defaultedCustom(resource, prunedCustom(resource, given));
  if (!isRefused) {
    assert.deepEqual(prunedCustom(resource, shown), shown, "to prune twice changes nothing more");
  }
  const causes = customCauses(resource, shown, random.below(2) === 0 ? given : undefined);
  if (random.below(50) === 0) {
    shapeOf(resource);
    customOpenApiV3([resource]);
    customDefinitionsV2(resource);
  }
  if (isRefused) return "refused";
  return causes.length === 0 ? "valid" : "invalid";
});
