import assert from "node:assert/strict";
import { test } from "node:test";
import { testTokens } from "./test-tokens.ts";

test("what was not signed is not believed", () => {
  assert.deepEqual(testTokens.open(testTokens.sign({ sub: "a" }))?.claims, { sub: "a" });
  assert.equal(testTokens.open('{"sub":"a"}'), undefined);
});
