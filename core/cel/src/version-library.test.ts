import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluated } from "./test-evaluation.ts";

test("versions are compared by their parts", () => {
  assert.equal(evaluated("semver('1.2.3').isLessThan(semver('1.10.0'))"), true);
  assert.equal(evaluated("isSemver('v1.2') || !isSemver('v1.2', true)"), false);
});
