import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import fc from "fast-check";
import { restMs, WorkQueue } from "./work-queue.ts";

describe("WorkQueue", () => {
  test("gives what has changed first, and each key once", () => {
    const queue = new WorkQueue();
    queue.later("a", instantAt(5));
    queue.changed("b");
    queue.changed("b");
    queue.changed("a");
    assert.equal(queue.hasChanged, true);
    assert.deepEqual(queue.take(instantAt(5), 9), ["b", "a"]);
    assert.deepEqual(queue.take(instantAt(9), 9), []);
    assert.equal(queue.nextAt, undefined);
  });

  test("lets a key rest that was looked at only just now", () => {
    const queue = new WorkQueue();
    queue.changed("a");
    assert.deepEqual(queue.take(instantAt(10), 9), ["a"]);
    queue.rest("a", instantAt(10));
    queue.changed("a");
    queue.changed("b");
    assert.deepEqual(queue.take(instantAt(11), 9), ["b"]);
    assert.equal(queue.hasChanged, false);
    assert.equal(queue.nextAt, instantAt(10 + restMs));
    assert.deepEqual(queue.take(instantAt(10 + restMs), 9), ["a"]);
    queue.changed("a");
    assert.deepEqual(queue.take(instantAt(10 + 2 * restMs), 9), ["a"], "it has rested");
  });

  test("gives no more than asked for", () => {
    const queue = new WorkQueue();
    for (const key of "abc") queue.changed(key);
    assert.deepEqual(queue.take(instantAt(0), 2), ["a", "b"]);
    assert.deepEqual(queue.take(instantAt(0), 2), ["c"]);
  });

  test("gives the later ones in the order of their times, the earliest of each key", () => {
    const plan = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.nat(1000)));
    fc.assert(
      fc.property(plan, (entries) => {
        const queue = new WorkQueue();
        const earliest = new Map<string, number>();
        for (const [name, at] of entries) {
          queue.later(`k${name}`, instantAt(at));
          earliest.set(`k${name}`, Math.min(at, earliest.get(`k${name}`) ?? Infinity));
        }
        const taken: string[] = [];
        while (queue.nextAt !== undefined) taken.push(...queue.take(queue.nextAt, 1));
        assert.deepEqual(taken.toSorted(), [...earliest.keys()].toSorted());
        const times = taken.map((key) => earliest.get(key) ?? 0);
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        );
      }),
    );
  });
});
