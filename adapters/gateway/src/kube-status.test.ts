import assert from "node:assert/strict";
import { test } from "node:test";
import { exitStatus, isRefusal, statusOf } from "./kube-status.ts";

test("statusOf gives the reason that Kubernetes clients switch on", () => {
  const status = statusOf({ code: 429, message: "too many", retryAfterSeconds: 1 });
  assert.equal(status["reason"], "TooManyRequests");
  assert.deepEqual(status["details"], { retryAfterSeconds: 1 });
  assert.equal(statusOf({ code: 418, message: "tea" })["reason"], "Unknown");
});

test("exitStatus is Success for 0 and names any other exit code in its cause", () => {
  assert.equal(exitStatus(0)["status"], "Success");
  assert.deepEqual(exitStatus(7)["details"], {
    causes: [{ reason: "ExitCode", message: "7" }],
  });
});

test("isRefusal tells a refusal from a value", () => {
  assert(isRefusal({ code: 400, message: "no" }));
  assert(!isRefusal(undefined));
  assert(!isRefusal(new Uint8Array(1)));
});
