import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Acknowledgements, isCutOff } from "./acknowledgements.ts";

describe("Acknowledgements", () => {
  test("joins whoever comes first", async () => {
    const acknowledgements = new Acknowledgements();
    acknowledgements.settle(1, { holders: 2, of: 3 });
    assert.deepEqual(await acknowledgements.wait(1), { holders: 2, of: 3 });
    const waiting = acknowledgements.wait(2);
    acknowledgements.settle(2, { holders: 1, of: 1 });
    assert.deepEqual(await waiting, { holders: 1, of: 1 });
  });

  test("gives up when nobody ever speaks of the write", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const waiting = new Acknowledgements().wait(1);
    t.mock.timers.tick(5000);
    await assert.rejects(waiting, { code: "write-not-durable" });
  });
});

test("a machine is cut off that knows others, none of which is alive", () => {
  const isAlone = (...states: readonly string[]): boolean => {
    const members = new Map(states.map((state, index) => [`p${index}`, { state }]));
    return isCutOff({ members: () => members });
  };
  assert(!isAlone("alive"), "it has never met anybody");
  assert(!isAlone("alive", "alive", "dead"));
  assert(isAlone("alive", "dead", "left"));
});
