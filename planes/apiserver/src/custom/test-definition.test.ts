import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClient } from "../test-client.ts";
import { customPaths, gateway, gatewayDefinition } from "./test-definition.ts";

test("the definition and the object of tests are taken", () => {
  const client = new TestClient();
  const made = client.send(`POST ${customPaths.definitions}`, gatewayDefinition());
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(client.send(`POST ${customPaths.gateways}`, gateway("a")).status, 201);
});
