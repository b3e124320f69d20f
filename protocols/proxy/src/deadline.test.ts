import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { dueOf, type Waiting } from "./deadline.ts";

const timeouts = { openMs: 1, tryMs: 20, requestMs: 50, headMs: 300, idleMs: 4000 };
const idle: Waiting = {
  retryAt: undefined,
  openingSince: undefined,
  sentAt: undefined,
  isAnswering: false,
  completedAt: undefined,
  headSince: undefined,
  quietSince: instantAt(100),
};
const at = instantAt;

describe("dueOf", () => {
  for (const [what, waiting, expected] of [
    ["the next try", { ...idle, retryAt: at(130) }, { what: "retry", at: 130 }],
    ["a silent client", idle, { what: "idle", at: 4100 }],
    ["a slow head", { ...idle, headSince: at(100) }, { what: "head", at: 400 }],
    ["a connection", { ...idle, openingSince: at(100) }, { what: "open", at: 101 }],
    ["a body that comes", { ...idle, sentAt: at(100) }, { what: "idle", at: 4100 }],
    ["an answer", { ...idle, sentAt: at(100), completedAt: at(110) }, { what: "answer", at: 130 }],
    [
      "an answer after several tries",
      { ...idle, sentAt: at(145), completedAt: at(110) },
      { what: "answer", at: 160 },
    ],
  ] as const)
    test(`bounds the wait for ${what}`, () => {
      assert.deepEqual(dueOf(waiting, timeouts), expected);
    });

  test("lets a response take its time", () => {
    const answering = { ...idle, sentAt: at(1), completedAt: at(1), isAnswering: true };
    assert.equal(dueOf(answering, timeouts), undefined);
  });

  test("waits for ever where it is told to", () => {
    const never = { openMs: 0, tryMs: 0, requestMs: 0, headMs: 0, idleMs: 0 };
    assert.equal(dueOf(idle, never), undefined);
    const sent = { ...idle, sentAt: at(1), completedAt: at(1) };
    assert.equal(dueOf(sent, never), undefined);
    assert.deepEqual(dueOf(sent, { ...never, requestMs: 5 }), { what: "answer", at: 6 });
    assert.deepEqual(dueOf(sent, { ...never, tryMs: 5 }), { what: "answer", at: 6 });
  });
});
