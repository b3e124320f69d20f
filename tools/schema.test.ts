import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { schemaModule } from "./schema.ts";

test("the generated schema is that of the served kinds; if not, run node tools/schema.ts", () => {
  const path = `${import.meta.dirname}/../core/model/src/schema-data.ts`;
  assert.equal(readFileSync(path, "utf8"), schemaModule());
});
