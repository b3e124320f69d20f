import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import { Scheduling } from "./scheduling.ts";

test("a pod is offered once at a time, and after a failure later and later", () => {
  const scheduling = new Scheduling();
  assert.equal(scheduling.waitMs("U", instantAt(0)), 0);
  scheduling.opened("U", "pods/default/a", instantAt(0));
  assert.equal(scheduling.waitMs("U", instantAt(1000)), 9000);
  const waits: number[] = [];
  for (let index = 0; index < 7; index += 1) {
    assert.equal(scheduling.failed("U", instantAt(0)), "pods/default/a");
    waits.push(scheduling.waitMs("U", instantAt(0)));
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  scheduling.forget("U");
  assert.equal(scheduling.waitMs("U", instantAt(0)), 0);
});

test("an offer that is never answered was in vain", () => {
  const scheduling = new Scheduling();
  scheduling.opened("U", "k", instantAt(0));
  scheduling.opened("U", "k", instantAt(10_000));
  assert.equal(scheduling.triesOf("U"), 1);
  assert.equal(scheduling.failed("V", instantAt(0)), undefined);
});
