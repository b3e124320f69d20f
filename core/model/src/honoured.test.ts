import assert from "node:assert/strict";
import { test } from "node:test";
import {
  honouredKeys,
  honouredMembers,
  honouredValues,
  inertItems,
  inertValues,
} from "./honoured.ts";
import { typeNamed } from "./schema.ts";

test("every row is of a type and members of the schema", () => {
  const members = Object.entries(honouredMembers).flatMap(([type, names]) =>
    names.map((name) => `${type}.${name}`),
  );
  const tables = [honouredKeys, honouredValues, inertItems, inertValues].flatMap(Object.keys);
  for (const id of [...members, ...tables]) {
    const cut = id.lastIndexOf(".");
    assert(typeNamed(id.slice(0, cut))?.members.has(id.slice(cut + 1)), id);
  }
});
