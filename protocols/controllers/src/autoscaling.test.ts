import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Autoscaling } from "./autoscaling.ts";

test("an autoscaler asks, waits for the answer or five seconds, looks, and rests", () => {
  const autoscaling = new Autoscaling();
  assert.equal(autoscaling.restMs("A", instantAt(0)), 0);
  assert.equal(autoscaling.waitMs("A", instantAt(0)), undefined);
  autoscaling.ask("A", "key", instantAt(0));
  assert.equal(autoscaling.waitMs("A", instantAt(2000)), 3000);
  assert.equal(autoscaling.waitMs("A", instantAt(9000)), 0);
  assert.equal(autoscaling.answered("B"), undefined);
  assert.equal(autoscaling.answered("A"), "key");
  assert.equal(autoscaling.waitMs("A", instantAt(2000)), 0);
  const history = autoscaling.looked("A", "key", instantAt(2000));
  assert.equal(autoscaling.answered("A"), undefined);
  assert.equal(autoscaling.waitMs("A", instantAt(2000)), undefined);
  assert.equal(autoscaling.restMs("A", instantAt(7000)), 10_000);
  history.recommend(3, instantAt(7000));
  assert.equal(autoscaling.looked("A", "key", instantAt(17_000)), history);
  autoscaling.forget("A");
  assert(autoscaling.looked("A", "key", instantAt(17_000)).isEmpty);
});
