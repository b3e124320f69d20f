import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import { openEnvelope, taskTopic, toJson } from "./envelope.ts";

describe("openEnvelope", () => {
  for (const [protocol, message] of [
    ["membership", { k: "hb", d: "abc" }],
    ["registry", { k: "r.ack", i: [1, 2] }],
    ["bidding", { k: "confirm", task: "t", award: "a", uids: ["u"] }],
    ["claims", { k: "c.ask", u: "u" }],
  ] as const) {
    test(`knows a message of ${protocol} by its kind`, () => {
      assert.deepEqual(openEnvelope(message), { protocol, message });
    });
  }

  test("reads again what it wrote", () => {
    const opened = openEnvelope({ k: "r.not-kept", c: "pods/default" });
    assert(opened, "it is a message");
    assert.deepEqual(openEnvelope(toJson(opened.message)), opened);
  });

  const malformed: readonly Json[] = [
    null,
    "hb",
    [],
    {},
    { k: 7 },
    { k: "no-such-kind" },
    { k: "r.no-such-kind" },
    { k: "r.ack", i: ["one"] },
    { k: "confirm", task: "t", award: "a" },
    { k: "hb" },
    { k: "__proto__" },
    { k: "r.constructor" },
    { k: "c.told", u: "u" },
  ];
  for (const json of malformed) {
    test(`refuses ${JSON.stringify(json)}`, () => {
      assert.equal(openEnvelope(json), undefined);
    });
  }
});

test("machines of one architecture share a topic", () => {
  assert.equal(taskTopic("arm64"), "task/arm64/0");
  assert.notEqual(taskTopic("arm64"), taskTopic("amd64"));
});
