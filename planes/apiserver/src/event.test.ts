import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, validate } from "@beemesh/model";
import { makeEvent } from "./event.ts";

const about = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "shop", uid: "uid-web", resourceVersion: "7" },
};

const facts = {
  about,
  type: "Normal",
  reason: "Scheduled",
  message: "Won by ann",
  component: "beemesh-bidding",
  host: "ann",
  uid: "00000000-0000-4000-8000-000000000001",
  wallMs: 5000,
} as const;

test("an event is valid, lives beside its object and names it", () => {
  const event = makeEvent(facts);
  const events = findResource("", "events");
  assert(events);
  assert.deepEqual(validate(events, event), []);
  assert.equal(event.metadata.namespace, "shop");
  assert.match(event.metadata.name, /^web\.[0-9a-f]{14}$/u);
});

test("the same again has the same name, another happening another", () => {
  const { name } = makeEvent(facts).metadata;
  assert.equal(makeEvent({ ...facts, wallMs: 9000, count: 2 }).metadata.name, name);
  assert.notEqual(makeEvent({ ...facts, reason: "Killing" }).metadata.name, name);
});

test("an event of what has no namespace lives in default; a long message is cut", () => {
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "ann" } };
  const event = makeEvent({ ...facts, about: node, message: "x".repeat(2000), firstWallMs: 0 });
  assert.equal(event.metadata.namespace, "default");
  assert.equal(String(event["message"]).length, 1024);
  assert.equal(event["firstTimestamp"], "1970-01-01T00:00:00Z");
});
