import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { ContainerStop } from "./container-stop.ts";

function stop(graceMs: number, hookMs?: number): ContainerStop {
  return new ContainerStop({ at: instantAt(0), graceMs, hookMs });
}

describe("ContainerStop", () => {
  test("sends TERM at once without a hook, and KILL if nothing answers", () => {
    const ending = stop(5000);
    assert.deepEqual(ending.next(instantAt(0)), { graceMs: 5000 });
    assert.equal(ending.next(instantAt(19_999)), "wait");
    assert.deepEqual(ending.next(instantAt(20_000)), { graceMs: 0 });
  });

  test("waits for the hook, which uses up the same grace", () => {
    const ending = stop(5000, 5000);
    assert.equal(ending.next(instantAt(0)), "wait");
    ending.hooked(instantAt(1000));
    assert.deepEqual(ending.next(instantAt(1000)), { graceMs: 4000 });
  });

  test("leaves two seconds after a hook that does not end", () => {
    const ending = stop(5000, 5000);
    assert.deepEqual(ending.next(instantAt(5000)), { graceMs: 2000 });
  });

  test("can be hurried, at any stage", () => {
    const ending = stop(60_000, 60_000);
    ending.hurry(instantAt(100), 0);
    assert.deepEqual(ending.next(instantAt(100)), { graceMs: 2000 });
    const sent = stop(60_000);
    sent.next(instantAt(0));
    sent.hurry(instantAt(100), 0);
    assert.deepEqual(sent.next(instantAt(100)), { graceMs: 0 });
    sent.hurry(instantAt(200), 90_000);
    assert.equal(sent.next(instantAt(200)), "wait");
  });

  test("assumes the exit if its event stays away", () => {
    const ending = stop(5000);
    ending.next(instantAt(0));
    ending.stopped(instantAt(1000));
    assert.equal(ending.next(instantAt(2999)), "wait");
    assert.equal(ending.next(instantAt(3000)), "assume");
  });
});
