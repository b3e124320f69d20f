import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { idleKinds, inertValues } from "../core/model/src/honoured.ts";
import { apiVersionOf, resources } from "../core/model/src/resource.ts";
import { type Field, typeNamed } from "../core/model/src/schema.ts";
import { warningsFor } from "../core/model/src/warnings.ts";
import { isActedOn, isInert, supportDocument, supportedFields } from "./support.ts";

test("the page of what is supported is that of the code; if not, run node tools/support.ts", () => {
  assert.equal(readFileSync("docs/kubernetes-support.md", "utf8"), supportDocument());
});

test("each field without effect is named when it is set", () => {
  const idle = supportedFields().filter(
    ({ type, field, isHonoured }) => !isHonoured && !isInert(type, field),
  );
  assert(idle.length > 50);
  for (const { type, resource, way, field } of idle) {
    const isInertTrue = inertValues[`${type.name}.${field.name}`]?.includes(true) === true;
    const sample = isInertTrue ? false : sampleOf(field, 0);
    const value = way.reduceRight<unknown>((inner, each) => shaped(each, inner), {
      [field.name]: sample,
    });
    const body = {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { name: "a" },
      ...Object(value),
    };
    const named = warningsFor(resource, body).some((text) => text.includes(field.name));
    const path = [...way, field].map(({ name }) => name).join(".");
    assert(named, `${resource.kind} ${path}: ${JSON.stringify(value)}`);
  }
});

test("each kind that nothing acts on is one that is served, and says so", () => {
  const idle = resources.filter((resource) => !isActedOn(resource));
  assert.equal(idle.length, idleKinds.size);
  for (const resource of idle) {
    const body = { apiVersion: "v1", kind: resource.kind, metadata: { name: "a" } };
    assert.match(warningsFor(resource, body).join(), /nothing acts on it yet/u);
  }
});

/** A field with this in it. */
function shaped(field: Field, value: unknown): object {
  if (field.shape === "list") return { [field.name]: [value] };
  return { [field.name]: field.shape === "map" ? { key: value } : value };
}

const scalars: Readonly<Record<string, unknown>> = {
  bool: true,
  int32: 7,
  int64: 7,
  double: 7,
  IntOrString: 7,
  RawExtension: { a: 1 },
};

/** A value that asks for something. */
function sampleOf(field: Field, depth: number): unknown {
  const type = typeNamed(field.type);
  const [first] = [...(type?.members.values() ?? [])];
  const value =
    first === undefined || depth > 10
      ? (scalars[field.type] ?? "x")
      : { [first.name]: sampleOf(first, depth + 1) };
  if (field.shape === "list") return [value];
  return field.shape === "map" ? { key: value } : value;
}
