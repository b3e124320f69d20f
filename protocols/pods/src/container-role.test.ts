import assert from "node:assert/strict";
import { test } from "node:test";
import { isInitRole, restartPolicyOf } from "./container-role.ts";

test("init containers and sidecars come before the main ones", () => {
  assert(isInitRole("init") && isInitRole("sidecar"));
  assert(!isInitRole("main") && !isInitRole("ephemeral"));
});

test("a pod's policy holds for main containers; others have one where it does not fit", () => {
  assert.equal(restartPolicyOf("main"), "Always");
  assert.equal(restartPolicyOf("main", "OnFailure"), "OnFailure");
  assert.equal(restartPolicyOf("init", "Always"), "OnFailure");
  assert.equal(restartPolicyOf("init", "Never"), "Never");
  assert.equal(restartPolicyOf("sidecar", "Never"), "Always");
  assert.equal(restartPolicyOf("ephemeral", "Always"), "Never");
});
