import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { generatedName } from "./generated-name.ts";

test("a generated name fits into a DNS label, however long its prefix", () => {
  const name = generatedName("x".repeat(100), seededRandom(1));
  assert.equal(name.length, 63);
  assert.match(name, /^x+[bcdfghjklmnpqrstvwxz2456789]{5}$/u);
});
