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

/** Source: KEP-3157; k8s.io/apiserver, storage/cacher/watch_cache.go. */
test("a watch begins with what there is, or from now on, as it asks", () => {
  const client = new TestClient();
  const { namespaces } = paths;
  const typesOf = (query: string): readonly string[] => {
    const { events } = client.watch(`${namespaces}?watch=true&${query}`);
    return [...new Set(events.map(({ type }) => type))];
  };
  const list = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
  assert.deepEqual(typesOf(`${list}&allowWatchBookmarks=true`), ["ADDED", "BOOKMARK"]);
  assert.deepEqual(typesOf(list), ["ADDED"], "the mark is a bookmark");
  assert.deepEqual(typesOf(`${list}&resourceVersion=99999999999999`), ["ADDED"], "never 410");
  assert.deepEqual(typesOf("resourceVersion=0"), ["ADDED"]);
  const none = "sendInitialEvents=false&resourceVersionMatch=NotOlderThan";
  const quiet = client.watch(`${namespaces}?watch=true&${none}`);
  assert.deepEqual(quiet.events, []);
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } };
  assert.equal(client.send(`POST ${namespaces}`, body).status, 201);
  assert.deepEqual(
    quiet.events.map(({ type }) => type),
    ["ADDED"],
  );
});
