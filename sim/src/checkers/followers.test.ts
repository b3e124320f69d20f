import assert from "node:assert/strict";
import { test } from "node:test";
import { meshOf } from "./fake-mesh.test.ts";
import { followers, hoarders, markAnnotation } from "./followers.ts";

const service = (mark: string) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "shop", name: "web", annotations: { [markAnnotation]: mark } },
});
const mesh = meshOf(0, [
  { objects: [service("2")] },
  { objects: [service("1")] },
  {},
  { objects: [service("1")], isUp: false },
]);
const written = new Map([["shop/web", "2"]]);
const askedBy = (...ids: readonly string[]) => new Map([["shop", new Set(ids)]]);

test("followers: says nothing of who has it as it is, did not ask, or is down", () => {
  assert.deepEqual(followers(mesh, written, askedBy("m0", "m3")), []);
});

test("followers: fires at who has it as it was, or not at all", () => {
  const messages = followers(mesh, written, askedBy("m0", "m1", "m2")).map((each) => each.message);
  assert.deepEqual(messages, [
    "m1 has shop/web as of 1, not 2",
    "m2 has shop/web as of never, not 2",
  ]);
});

test("hoarders: fires when more hold it than keep it and asked for it", () => {
  assert.deepEqual(hoarders(mesh, askedBy("m0"), 1), []);
  assert.equal(hoarders(mesh, askedBy("m0"), 0).length, 1);
});
