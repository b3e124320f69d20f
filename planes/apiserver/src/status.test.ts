import assert from "node:assert/strict";
import { test } from "node:test";
import { resourceOfKind } from "@beemesh/model";
import {
  conflict,
  expired,
  forbidden,
  invalid,
  notFound,
  replyWith,
  success,
  tooManyRequests,
} from "./status.ts";

const deployments = resourceOfKind("apps/v1", "Deployment");
assert(deployments);

test("a missing object is named with its group", () => {
  const status = notFound(deployments, "web");
  assert.equal(status.message, 'deployments.apps "web" not found');
  assert.deepEqual(status.details, { name: "web", group: "apps", kind: "deployments" });
});

test("an invalid object lists its fields", () => {
  const cause = { reason: "FieldValueRequired", field: "spec.a", message: "Required value" };
  assert.equal(
    invalid(deployments, "web", [cause]).message,
    'Deployment.apps "web" is invalid: spec.a: Required value',
  );
  assert.equal(
    invalid(deployments, "web", [cause, { ...cause, field: "spec.b" }]).message,
    'Deployment.apps "web" is invalid: [spec.a: Required value, spec.b: Required value]',
  );
});

test("the others carry the code that clients act on", () => {
  assert.equal(conflict(deployments, "web", "no").code, 409);
  assert.equal(forbidden(deployments, "", "no").message, "deployments.apps is forbidden: no");
  assert.deepEqual(expired("old", "token").metadata, { continue: "token" });
  assert.equal(success(201).status, "Success");
});

test("a reply that asks for patience says so in its header", () => {
  const reply = replyWith(tooManyRequests("slow down", 3));
  assert(reply.kind === "json");
  assert.deepEqual(reply.headers, { "Retry-After": "3" });
});
