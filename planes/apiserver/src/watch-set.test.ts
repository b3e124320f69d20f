import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { TestClient } from "./test-client.ts";
import { paths } from "./test-object.ts";
import { WatchSet } from "./watch-set.ts";

test("a set without watches asks for no wake and has room", () => {
  const set = new WatchSet({ perUserMax: 1, max: 1 });
  assert.equal(set.tick({ at: instantAt(0), wallMs: 0 }), undefined);
  assert(set.hasRoom("ann"));
});

test("watches are limited, by user and in all, and stopping one makes room", () => {
  const client = new TestClient({ watchLimits: { perUserMax: 1, max: 2 } });
  const target = `${paths.pods}?watch=true`;
  const as = (name: string) => ({ user: { name, groups: ["system:masters"] } });
  const status = (name: string): number => client.send(`GET ${target}`, undefined, as(name)).status;
  const first = client.watch(target, as("ann"));
  assert.equal(status("ann"), 429);
  client.watch(target, as("bob"));
  assert.equal(status("cid"), 429);
  first.stop();
  first.stop();
  assert.equal(status("cid"), 200);
});

test("tick says when the first watch wants to be woken", () => {
  const client = new TestClient();
  client.watch(`${paths.pods}?watch=true&timeoutSeconds=100&allowWatchBookmarks=true`);
  client.watch(`${paths.configMaps}?watch=true&timeoutSeconds=70`);
  assert.equal(client.api.tick(client.now), instantAt(60_000));
  client.pass(60_000);
  assert.equal(client.api.tick(client.now), instantAt(70_000));
  client.pass(40_000);
  assert.equal(client.api.tick(client.now), undefined);
});
