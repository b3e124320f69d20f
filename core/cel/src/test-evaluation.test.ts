import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated, messageOf } from "./test-evaluation.ts";

test("tests see a value as JSON, or the message", () => {
  assert.deepEqual(evaluated("[a, 2]", { a: 1 }), [1, 2]);
  assert.match(messageOf("b"), /undeclared reference to 'b'/u);
  assert.equal(evaluated("1 / 0"), "division by zero");
});
