import assert from "node:assert/strict";
import { test } from "node:test";
import { Turnstile } from "./turnstile.ts";

test("so many work at once, the others follow in their order, also after a failure", async () => {
  const turnstile = new Turnstile(2);
  const started: number[] = [];
  const ends = new Map<number, () => void>();
  const work = (id: number) =>
    turnstile.pass(async () => {
      started.push(id);
      await new Promise<void>((resolve) => {
        ends.set(id, resolve);
      });
      if (id === 1) throw new Error("one fails");
    });
  const all = Promise.allSettled([1, 2, 3, 4].map(work));
  assert.deepEqual(started, [1, 2]);
  const finish = async (id: number) => {
    ends.get(id)?.();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  };
  await finish(1);
  assert.deepEqual(started, [1, 2, 3]);
  for (const id of [2, 3, 4]) await finish(id);
  assert.deepEqual(started, [1, 2, 3, 4]);
  const outcomes = await all;
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["rejected", "fulfilled", "fulfilled", "fulfilled"],
  );
});
