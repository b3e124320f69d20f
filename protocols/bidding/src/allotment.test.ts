import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { allot, type Standing } from "./allotment.ts";
import { bidOf, taskWith } from "./market.test.ts";

function standing(bidder: string, scores: readonly number[], domains = {}): Standing {
  return { bid: bidOf(bidder, scores, domains), used: 0 };
}

function counts(
  standings: readonly Standing[],
  count: number,
  task = taskWith({}),
): Record<string, number> {
  return Object.fromEntries(allot(task, standings, count, new Map()).counts);
}

describe("allot", () => {
  test("one pod goes to the best, whatever the order of bids", () => {
    const bids = [standing("ann", [0.4]), standing("bob", [0.9]), standing("cid", [0.5])];
    assert.deepEqual(counts(bids, 1), { bob: 1 });
    assert.deepEqual(counts(bids.toReversed(), 1), { bob: 1 });
  });

  test("a second pod of one machine stands back behind the first of another", () => {
    const bids = [standing("ann", [0.9, 0.6, 0.5]), standing("bob", [0.7, 0.4])];
    assert.deepEqual(counts(bids, 3), { ann: 2, bob: 1 });
    assert.deepEqual(counts(bids, 9), { ann: 3, bob: 2 });
  });

  test("what is used of a bid is not given again", () => {
    const used = { bid: bidOf("ann", [0.9, 0.3]), used: 1 };
    assert.deepEqual(counts([used, standing("bob", [0.5])], 1), { bob: 1 });
  });

  test("equal machines are chosen evenly over many tasks, and always alike for one", () => {
    const bids = ["ann", "bob", "cid"].map((id) => standing(id, [0.5]));
    const chosen = new Map<string, number>();
    for (let index = 0; index < 300; index += 1) {
      const task = taskWith({ id: `task-${index}` });
      const [winner = ""] = Object.keys(counts(bids, 1, task));
      assert.deepEqual(counts(bids.toReversed(), 1, task), { [winner]: 1 });
      chosen.set(winner, (chosen.get(winner) ?? 0) + 1);
    }
    for (const count of chosen.values()) assert(count > 60, [...chosen].join());
    assert.equal(chosen.size, 3);
  });

  test("a hard spread constraint keeps the skew, and names who was passed over for it", () => {
    const spread = [{ key: "zone", maxSkew: 1, hard: true, counts: { a: 1, b: 0, c: 0 } }];
    const task = taskWith({ requirements: { spread } });
    const bids = [
      standing("ann", [0.9, 0.9, 0.9], { zone: "a" }),
      standing("bob", [0.5, 0.4], { zone: "b" }),
    ];
    assert.deepEqual(counts(bids, 3, task), { bob: 1 }, "nobody in c: b may have one, a no second");
    const { unspread } = allot(task, bids, 3, new Map());
    assert(unspread.has("ann"));
    const more = [...bids, standing("cid", [0.1, 0.1], { zone: "c" })];
    assert.deepEqual(counts(more, 4, task), { ann: 1, bob: 2, cid: 1 });
  });
});
