import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyLengthMax } from "./limits.ts";
import { bodyFits, checkSize } from "./object-size.ts";

test("a body is kept up to its limit, and refused by name beyond it", () => {
  const body = "x".repeat(bodyLengthMax);
  assert(bodyFits(body) && !bodyFits(`${body}x`));
  assert(!bodyFits("\u0001".repeat(bodyLengthMax)), "escapes count");
  checkSize(body, "conf");
  assert.throws(() => checkSize(`${body}x`, "conf"), { code: "object-too-large" });
});
