import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { Probe } from "@beemesh/model";
import { ProbeKeeper } from "./probe-keeper.ts";

const plan = { kind: "tcp", port: 80 } as const;

function keeper(probe: Probe, verdict = false): ProbeKeeper {
  return new ProbeKeeper({ kind: "readiness", probe, plan, since: instantAt(1000), verdict });
}

describe("ProbeKeeper", () => {
  test("asks after the delay, then each period, one question at a time", () => {
    const probe = keeper({ initialDelaySeconds: 5, periodSeconds: 2 });
    assert.equal(probe.ask(instantAt(5999)), false);
    assert.equal(probe.ask(instantAt(6000)), true);
    assert.equal(probe.nextAt, undefined);
    assert.equal(probe.ask(instantAt(9000)), false);
    probe.answer(true);
    assert.equal(probe.nextAt, 8000);
    assert.equal(probe.ask(instantAt(9000)), true);
    probe.answer(true);
    assert.equal(probe.nextAt, 10_000);
  });

  test("changes its mind only at a threshold of equal answers", () => {
    const probe = keeper({ periodSeconds: 1, successThreshold: 2, failureThreshold: 3 });
    const answers = [true, true, false, true, false, false, false];
    const changes = answers.map((ok, index) => {
      assert.equal(probe.ask(instantAt(1000 + index * 1000)), true);
      return [probe.answer(ok), probe.passes];
    });
    assert.deepEqual(changes, [
      ["none", false],
      ["passed", true],
      ["none", true],
      ["none", true],
      ["none", true],
      ["none", true],
      ["failed", false],
    ]);
  });

  test("ignores an answer to no question", () => {
    const probe = keeper({ failureThreshold: 1 }, true);
    assert.equal(probe.answer(false), "none");
    assert.equal(probe.passes, true);
  });
});
