import assert from "node:assert/strict";
import { test } from "node:test";
import { textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";
import { paths } from "./test-object.ts";

test("whatever is asked of an object that is not there, it is not found", () => {
  const client = new TestClient();
  for (const line of ["GET", "DELETE"].map((method) => `${method} ${paths.deployments}/none`)) {
    const { status, body } = client.send(line);
    assert.equal(status, 404);
    assert.equal(textAt(body, "message"), 'deployments.apps "none" not found');
  }
});
