import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Acknowledgements } from "./acknowledgements.ts";

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
