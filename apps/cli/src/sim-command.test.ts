import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Command } from "commander";
import { addSim, seedsOf, tableOf } from "./sim-command.ts";

const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });

describe("beemesh sim", () => {
  test("reads one seed and ranges of seeds", () => {
    assert.deepEqual(seedsOf({ seed: "7" }, program), [7]);
    assert.deepEqual(seedsOf({ seed: "0", seeds: "3..5" }, program), [3, 4, 5]);
    assert.throws(() => seedsOf({ seed: "x" }, program));
    assert.throws(() => seedsOf({ seed: "0", seeds: "5..3" }, program));
  });

  test("tells how to run a failed seed again", () => {
    const violations = [{ invariant: "twins", message: "two of one" }];
    const outcome = { scenario: "heal", seed: 7, ok: false, violations, metrics: { pods: 3 } };
    const text = tableOf({ ...outcome, wallSeconds: 1, rssMb: 2 }, { machines: "5" });
    assert.match(text, /^FAILED {2}heal, seed 7\n/u);
    assert.match(text, /again: beemesh sim heal --machines 5 --seed 7 --json\n$/u);
    assert.match(text, /twins: two of one/u);
  });

  test("refuses scenarios that it does not know", () => {
    addSim(program);
    assert.throws(() => program.parse(["sim", "dance"], { from: "user" }));
  });
});
