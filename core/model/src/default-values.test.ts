import assert from "node:assert/strict";
import { test } from "node:test";
import { fillers } from "./default-values.ts";
import { typeNamed } from "./schema.ts";

test("every filler is of a type of the schema and sets only members that it has", () => {
  for (const [name, fill] of Object.entries(fillers)) {
    const type = typeNamed(name);
    assert(type, name);
    for (const member of Object.keys(fill({})))
      assert(type.members.has(member), `${name}.${member}`);
  }
});
