import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { openApiV2Document } from "./openapi-v2.ts";
import { encodeOpenApiV2 } from "./openapi-v2-protobuf.ts";
import { ProtobufReader } from "./protobuf-reader.ts";

/** The messages and texts in the fields of a number. */
function fields(bytes: Uint8Array, number: number): Uint8Array[] {
  const reader = new ProtobufReader(bytes);
  const found: Uint8Array[] = [];
  for (let field = reader.next(); field !== undefined; field = reader.next()) {
    if (field.number === number && field.value.kind === "bytes") found.push(field.value.bytes);
  }
  assert(!reader.isBroken);
  return found;
}

/** What stands at a path of field numbers, the first of each. */
function at(bytes: Uint8Array, ...path: readonly number[]): Uint8Array {
  let found = bytes;
  for (const number of path) found = fields(found, number)[0] ?? new Uint8Array();
  return found;
}

const texts = (list: readonly Uint8Array[]): string[] =>
  list.map((bytes) => Buffer.from(bytes).toString());

test("a schema is written with its type, members, extensions and what has no type", () => {
  const schema: JsonObject = {
    type: "object",
    description: "ä bee",
    required: ["name"],
    properties: { name: { type: "string", enum: ["a"], maxLength: 300 } },
    additionalProperties: { $ref: "#/definitions/B" },
    "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Bee" }],
  };
  const bytes = encodeOpenApiV2({ swagger: "2.0", definitions: { A: schema } });
  const entry = at(bytes, 9, 1);
  assert.deepEqual(texts(fields(entry, 1)), ["A"]);
  const written = at(entry, 2);
  assert.deepEqual(texts([at(written, 22, 1), at(written, 4)]), ["object", "ä bee"]);
  assert.deepEqual(texts(fields(written, 19)), ["name"]);
  assert.deepEqual(texts([at(written, 25, 1, 1), at(written, 25, 1, 2, 22, 1)]), [
    "name",
    "string",
  ]);
  assert.deepEqual(texts([at(written, 25, 1, 2, 20, 2)]), ['"a"']);
  assert.deepEqual(texts([at(written, 21, 1, 1)]), ["#/definitions/B"]);
  const [name, value] = texts([at(written, 31, 1), at(written, 31, 2, 2)]);
  assert.equal(name, "x-kubernetes-group-version-kind");
  assert.deepEqual(JSON.parse(value ?? ""), schema["x-kubernetes-group-version-kind"]);
});

test("the whole document has as many paths and definitions as its JSON", () => {
  const document = openApiV2Document();
  const bytes = encodeOpenApiV2(document);
  assert.deepEqual(texts(fields(bytes, 1)), ["2.0"]);
  const names = (list: readonly Uint8Array[]): string[] => texts(list.map((each) => at(each, 1)));
  assert.deepEqual(names(fields(at(bytes, 9), 1)), Object.keys(Object(document["definitions"])));
  assert.deepEqual(names(fields(at(bytes, 8), 2)), Object.keys(Object(document["paths"])));
  // Of a patch, clients look for the kind and whether dry runs are known.
  const isPatch = (item: Uint8Array): boolean => fields(item, 8).length > 0;
  const patch = fields(at(bytes, 8), 2)
    .map((each) => at(each, 2))
    .filter(isPatch)
    .map((item) => at(item, 8))[0];
  assert(patch !== undefined);
  const parameters = fields(patch, 8).map((each) => at(each, 1, 2, 3, 4));
  assert(texts(parameters).includes("dryRun"));
  assert(texts(fields(patch, 13).map((each) => at(each, 1))).includes("x-kubernetes-action"));
});
