import assert from "node:assert/strict";
import { test } from "node:test";
import { textAt } from "../field.ts";
import { clientWithGateways, customPaths, gateway } from "./test-definition.ts";

test("the definition and the object of tests are taken", () => {
  const made = clientWithGateways().make(customPaths.gateways, gateway("a"));
  assert.equal(textAt(made, "metadata", "name"), "a");
});
