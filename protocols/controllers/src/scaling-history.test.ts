import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { ScalingHistory } from "./scaling-history.ts";

test("what was recommended and done is remembered for as long as a rule may look back", () => {
  const history = new ScalingHistory();
  assert(history.isEmpty);
  history.recommend(3, instantAt(0));
  history.recommend(5, instantAt(10_000));
  history.change(2, instantAt(10_000));
  history.change(-1, instantAt(20_000));
  assert.deepEqual(history.since(instantAt(20_000), 15), [5]);
  assert.deepEqual(history.since(instantAt(20_000), 300), [3, 5]);
  assert.equal(history.changeSince(instantAt(20_000), 300), 1);
  assert.equal(history.changeSince(instantAt(30_000), 15), -1);
  history.recommend(1, instantAt(3_700_000));
  assert.deepEqual(history.since(instantAt(3_700_000), 100_000), [1]);
});
