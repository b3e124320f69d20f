import assert from "node:assert/strict";
import { test } from "node:test";
import { expect } from "./stage.ts";

test("expect says what could not be seen", () => {
  expect(true, "anything");
  assert.throws(() => expect(false, "three pods"), /^BeeError: Cannot see three pods$/u);
});
