import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Health, nextHealth, unknownHealth } from "./health.ts";

const probe = { port: 5432, periodMs: 1000, timeoutMs: 1000, successes: 2, failures: 3 };

/** What is said after each answer: `+` for a good one, `-` for a bad one. */
function told(answers: string, health: Health = unknownHealth): string {
  let now = health;
  return answers
    .split("")
    .map((answer, index) => {
      now = nextHealth(now, { reason: answer === "+" ? "" : `bad ${index}` }, probe);
      return now.isReady ? "R" : "n";
    })
    .join("");
}

describe("health of a program", () => {
  test("needs good answers in a row to be ready, and bad ones in a row to cease", () => {
    assert.equal(told("++"), "nR");
    assert.equal(told("+-++"), "nnnR");
    assert.equal(told("++--+---"), "nRRRRRRn");
    assert.equal(told("++---+++"), "nRRRnnRR");
  });

  test("tells at once why it is not ready, and keeps to one text while nothing changes", () => {
    const first = nextHealth(unknownHealth, { reason: "ECONNREFUSED" }, probe);
    assert.deepEqual([first.isReady, first.message], [false, "ECONNREFUSED"]);
    const second = nextHealth(first, { reason: "timeout" }, probe);
    assert.equal(second.message, "ECONNREFUSED");
    const good = nextHealth(nextHealth(second, { reason: "" }, probe), { reason: "" }, probe);
    assert.deepEqual([good.isReady, good.message], [true, "It answers"]);
  });
});
