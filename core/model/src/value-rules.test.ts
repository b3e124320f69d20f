import assert from "node:assert/strict";
import { test } from "node:test";
import { typeNamed } from "./schema.ts";
import { itemRules, valueRules } from "./value-rules.ts";

test("every row is of a type and a field of the schema", () => {
  for (const [name, checks] of [...Object.entries(valueRules), ...Object.entries(itemRules)]) {
    const type = typeNamed(name);
    assert(type, name);
    for (const member of Object.keys(checks)) assert(type.members.has(member), `${name}.${member}`);
  }
});
