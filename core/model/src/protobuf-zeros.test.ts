import assert from "node:assert/strict";
import { test } from "node:test";
import { keptZeros, zeroIsNothing } from "./protobuf-zeros.ts";
import { typeNamed, typeNames } from "./schema.ts";

test("every name is of a field of the schema, or of a type that is not served yet", () => {
  for (const id of keptZeros) {
    const cut = id.lastIndexOf(".");
    const type = typeNamed(id.slice(0, cut));
    assert(type === undefined || type.members.has(id.slice(cut + 1)), id);
  }
  const all = new Set(typeNames().flatMap((name) => [...(typeNamed(name)?.members.keys() ?? [])]));
  for (const name of zeroIsNothing) assert(all.has(name), name);
});
