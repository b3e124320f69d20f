import assert from "node:assert/strict";
import { test } from "node:test";
import type { Authorize } from "./authorization.ts";
import { fieldAt, listAt, textAt } from "./field.ts";
import { TestClient } from "./test-client.ts";

const newer = "/apis/events.k8s.io/v1/namespaces/default/events";
const core = "/api/v1/namespaces/default/events";
const regarding = { kind: "Pod", namespace: "default", name: "web" };
const event = {
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { name: "web.1" },
  eventTime: "2026-01-01T00:00:00.000000Z",
  reportingController: "example.com/me",
  reportingInstance: "me-1",
  action: "Look",
  reason: "Looked",
  type: "Normal",
  note: "hello",
  regarding,
};

test("an event of either group is seen in both", () => {
  const client = new TestClient();
  const sent = client.send(`POST ${newer}?fieldValidation=Strict`, event);
  assert.equal(sent.status, 201);
  assert.equal(textAt(sent.body, "apiVersion"), "events.k8s.io/v1");
  assert.equal(textAt(sent.body, "note"), "hello");
  const { body } = client.send(`GET ${core}/web.1`);
  assert.equal(textAt(body, "apiVersion"), "v1");
  assert.equal(textAt(body, "message"), "hello");
  assert.equal(textAt(body, "reportingComponent"), "example.com/me");
  assert.deepEqual(fieldAt(body, "involvedObject"), regarding);
  const [listed] = listAt(client.send("GET /apis/events.k8s.io/v1/events").body, "items");
  assert.deepEqual(fieldAt(listed, "regarding"), regarding);
});

test("a series is patched as recorders do it", () => {
  const client = new TestClient();
  client.send(`POST ${newer}`, event);
  const series = { count: 2, lastObservedTime: "2026-01-01T00:00:01.000000Z" };
  const contentType = "application/strategic-merge-patch+json";
  const { body, status } = client.send(`PATCH ${newer}/web.1`, { series }, { contentType });
  assert.equal(status, 200);
  assert.deepEqual(fieldAt(body, "series"), series);
  assert.equal(textAt(client.send("GET /apis/events.k8s.io").body, "kind"), "APIGroup");
});

test("roles name it by its own group", () => {
  const asked: string[] = [];
  const authorize: Authorize = (_, { group, resource }) => {
    asked.push(`${resource}.${group}`);
    return { allowed: true, reason: "" };
  };
  const client = new TestClient({ authorize });
  client.send(`GET ${newer}`);
  assert(asked.includes("events.events.k8s.io"), asked.join());
});
