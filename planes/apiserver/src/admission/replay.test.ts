import assert from "node:assert/strict";
import { test } from "node:test";
import { Replay } from "./replay.ts";

test("what was drawn comes again after a rewind, and then something new", () => {
  const replay = new Replay<number>();
  let next = 0;
  const draw = () => replay.take(() => (next += 1));
  assert.deepEqual([draw(), draw()], [1, 2]);
  replay.rewind();
  assert.deepEqual([draw(), draw(), draw()], [1, 2, 3]);
});
