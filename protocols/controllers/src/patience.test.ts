import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { type Action, Patience } from "./patience.ts";

const make: Action = { id: "make", effects: [] };
const status: Action = { id: "status", effects: [] };

function weigh(patience: Patience, atMs: number, rank: number, ...actions: Action[]) {
  const { due, nextAt } = patience.weigh("k", actions, { at: instantAt(atMs), rank });
  return [due.map(({ id }) => id), nextAt];
}

describe("Patience", () => {
  test("lets the first keeper act at once", () => {
    assert.deepEqual(weigh(new Patience(), 0, 0, make), [["make"], 1000]);
  });

  test("lets keeper k act when it has lasted k delays", () => {
    const patience = new Patience();
    assert.deepEqual(weigh(patience, 100, 2, make), [[], 1100]);
    assert.deepEqual(weigh(patience, 1099, 2, make), [[], 1100]);
    assert.deepEqual(weigh(patience, 1100, 2, make), [["make"], 2100]);
  });

  test("begins anew when it was not missing in between, each by itself", () => {
    const patience = new Patience();
    weigh(patience, 0, 1, make, status);
    weigh(patience, 400, 1, status);
    assert.deepEqual(weigh(patience, 500, 1, make, status), [["status"], 1000]);
  });

  test("has its own patience where an action says so", () => {
    assert.deepEqual(weigh(new Patience(), 0, 1, { ...make, patienceMs: 9000 }), [[], 9000]);
  });

  test("waits for a group to settle, but not for ever", () => {
    const patience = new Patience();
    const status3 = { ...status, group: "status", settleMs: 100 };
    assert.deepEqual(weigh(patience, 0, 0, { ...status3, id: "status 1" }), [[], 100]);
    assert.deepEqual(weigh(patience, 60, 0, { ...status3, id: "status 2" }), [[], 100]);
    assert.deepEqual(weigh(patience, 100, 0, { ...status3, id: "status 3" })[0], ["status 3"]);
    assert.deepEqual(weigh(patience, 110, 0, { ...status3, id: "status 4" }), [[], 210]);
  });

  test("repeats more and more slowly what does not help", () => {
    const patience = new Patience();
    const times: number[] = [];
    for (let atMs = 0; atMs <= 100_000; atMs += 500) {
      const { due } = patience.weigh("k", [make], { at: instantAt(atMs), rank: 0 });
      if (due.length > 0) times.push(atMs / 1000);
    }
    assert.deepEqual(times, [0, 1, 3, 7, 15, 31, 61, 91]);
  });

  test("takes a new place among the keepers into account at once", () => {
    const patience = new Patience();
    weigh(patience, 0, 3, make);
    assert.deepEqual(weigh(patience, 100, 0, make)[0], ["make"]);
    patience.forget("k");
    assert.deepEqual(weigh(patience, 200, 3, make)[0], []);
  });
});
