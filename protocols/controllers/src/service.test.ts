import assert from "node:assert/strict";
import { test } from "node:test";
import { isService } from "./service.ts";

test("a Service has a spec", () => {
  const service = { apiVersion: "v1", kind: "Service", metadata: { name: "web" } };
  assert.equal(isService(service), false);
  assert.equal(isService({ ...service, spec: {} }), true);
});
