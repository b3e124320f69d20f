import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatStamp, parseJson } from "@beemesh/wire";
import fc from "fast-check";
import { type Answer, answerJson, readAnswer } from "./answer.ts";

const stamp = formatStamp({ wallMs: 1, counter: 0, machine: "a" });

const answers: readonly Answer[] = [
  {
    kind: "decided",
    status: 201,
    body: { kind: "ConfigMap" },
    headers: { "Retry-After": "1" },
    warnings: ["take care"],
    revision: "12",
    isPresent: true,
    entries: [{ any: "thing" }],
  },
  { kind: "working" },
  { kind: "unready" },
  { kind: "busy" },
  { kind: "kept" },
  { kind: "behind", records: [{ collection: "a/b", name: "c", part: "spec", stamp }] },
  { kind: "refused", reason: "no" },
  { kind: "failed", code: "write-not-durable", message: "the disk is full" },
  { kind: "left", entries: [{}] },
];

describe("readAnswer", () => {
  for (const answer of answers) {
    test(`reads ${answer.kind} as it was written`, () => {
      const text = JSON.stringify(answerJson(answer));
      assert.deepEqual(readAnswer(JSON.parse(text)), answer);
    });
  }

  const decided = answerJson(answers[0] ?? { kind: "busy" });
  for (const wrong of [
    { kind: "constructor" },
    { kind: "perhaps" },
    { ...decided, status: 100 },
    { ...decided, status: "201" },
    { ...decided, entries: "none" },
    { ...decided, headers: [] },
    { ...decided, warnings: [1] },
    { kind: "behind", records: [{ name: "c" }] },
  ]) {
    test(`refuses ${JSON.stringify(wrong).slice(0, 70)}`, () => {
      assert.equal(readAnswer(wrong), undefined);
    });
  }

  test("never throws", () => {
    fc.assert(fc.property(fc.json(), (text) => void readAnswer(parseJson(text))));
  });
});
