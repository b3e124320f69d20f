import assert from "node:assert/strict";
import { test } from "node:test";
import { elapsedMs } from "@beemesh/base";
import { TestClient } from "./test-client.ts";
import { paths } from "./test-object.ts";

test("a watch that asks for no time lasts half an hour to an hour", () => {
  const client = new TestClient();
  client.watch(`${paths.pods}?watch=true`);
  const wake = client.api.tick(client.now);
  assert(wake !== undefined);
  const lastsMs = elapsedMs(client.now.at, wake);
  assert(lastsMs >= 1_800_000 && lastsMs < 3_600_000, String(lastsMs));
});

test("a watch is refused as a list would be", () => {
  const client = new TestClient();
  const refused = client.send(`GET ${paths.pods}?watch=true&labelSelector=a%20b`);
  assert.equal(refused.status, 400);
  const accept = "application/vnd.kubernetes.protobuf;stream=watch";
  assert.equal(client.send(`GET ${paths.pods}?watch=true`, undefined, { accept }).status, 406);
});

test("one object can be watched by its own path", () => {
  const client = new TestClient();
  const watch = client.watch(`${paths.namespaces}/default?watch=true`);
  assert.equal(watch.events.length, 1);
});
