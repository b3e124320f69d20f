import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClient } from "./test-client.ts";

test("a TestClient sends lines and hears watches", () => {
  const client = new TestClient();
  assert.equal(client.send("GET /healthz").body, "ok");
  const watch = client.watch("/api/v1/namespaces?watch=true");
  assert.equal(watch.events.length, 4);
  watch.stop();
  assert.equal(client.send("GET /api/v1/pods").status, 200);
});
