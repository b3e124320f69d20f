import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp, parseJson } from "@beemesh/wire";
import fc from "fast-check";
import { type Question, questionJson, readQuestion } from "./question.ts";

const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "a" });
const part = { collection: "configmaps/default", name: "a", part: "spec", stamp };

const write: Question = {
  kind: "write",
  id: "6f9619ff-8b86-4d01-b42d-00c04fc964ff",
  request: {
    method: "PUT",
    path: ["api", "v1", "namespaces", "default", "configmaps", "a"],
    query: new Map(),
    accept: "application/json",
    contentType: "application/json",
    body: { metadata: { name: "a", resourceVersion: "12" } },
    user: { name: "ann", groups: ["system:masters"] },
  },
  isForwarded: true,
  unready: ["12D3KooWA"],
  version: { revision: "12", parts: [part] },
  known: [part],
  entries: [{ any: "thing" }],
};

const consult: Question = {
  kind: "consult",
  collection: "configmaps/default",
  record: { collection: "configmaps/default", name: "a" },
  known: [part],
};

describe("readQuestion", () => {
  for (const question of [write, { ...write, version: undefined }, consult]) {
    test(`reads a ${question.kind} as it was written`, () => {
      const text = JSON.stringify(questionJson(question));
      assert.deepEqual(readQuestion(JSON.parse(text)), question);
    });
  }

  const json = questionJson(write);
  for (const [what, wrong] of [
    ["another kind", { ...json, kind: "read" }],
    ["no id", { ...json, id: "" }],
    ["an id with a newline", { ...json, id: "a\nb" }],
    ["a version without a number", { ...json, version: { revision: "x", parts: [] } }],
    ["peers that are none", { ...json, unready: ["not a peer!"] }],
    ["too many entries", { ...json, entries: Array.from({ length: 257 }, () => ({})) }],
    ["no records", { ...json, known: "all" }],
    ["a request that is none", { ...json, request: "GET /" }],
    ["a consultation about nothing", { kind: "consult", collection: "a/b", known: [] }],
  ] as const) {
    test(`refuses ${what}`, () => {
      assert.equal(readQuestion(wrong), undefined);
    });
  }

  test("never throws", () => {
    fc.assert(fc.property(fc.json(), (text) => void readQuestion(parseJson(text))));
  });
});
