import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { bidsWanted, callsAll, isCalled, lastRound, mustExplain } from "./call.ts";
import { taskWith } from "./market.test.ts";

function share(audience: number, round: number): number {
  const random = seededRandom(audience + round);
  const task = taskWith({ audience, round });
  return Array.from({ length: audience }, () => isCalled(task, random)).filter(Boolean).length;
}

describe("isCalled", () => {
  test("calls everybody in a small mesh, and about nine for one pod in a large one", () => {
    assert.equal(share(9, 0), 9);
    for (const audience of [100, 1000, 10_000]) {
      const called = share(audience, 0);
      assert(called >= 2 && called <= 25, `${called} of ${audience}`);
    }
  });

  test("calls more in the second round, and all in the last", () => {
    assert(share(1000, 1) > 30);
    assert.equal(share(1000, lastRound), 1000);
    assert(callsAll(taskWith({ audience: 1000, round: lastRound })));
    assert(!callsAll(taskWith({ audience: 1000, round: 0 })));
  });

  test("wants a bid for each pod and some to spare, up to a limit", () => {
    assert.deepEqual([1, 10, 256].map(bidsWanted), [9, 18, 64]);
  });
});

test("mustExplain: only if asked, and only so many of a large mesh", () => {
  const random = seededRandom(1);
  assert(mustExplain(taskWith({ audience: 16, explain: true }), random));
  assert(!mustExplain(taskWith({ audience: 16, explain: false }), random));
  const task = taskWith({ audience: 10_000, explain: true });
  const count = Array.from({ length: 10_000 }, () => mustExplain(task, random)).filter(
    Boolean,
  ).length;
  assert(count > 30 && count < 110, `${count} explain`);
});
