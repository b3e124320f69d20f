import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { meshOf, webOf } from "./fake-mesh.test.ts";
import { headcount } from "./headcount.ts";

const objects = webOf(2, ["m0", "m0"]);

describe("headcount", () => {
  test("says nothing when as many run as are wanted", () => {
    const running = [
      ["web-1-0", "p0"],
      ["web-1-1", "p1"],
    ] as const;
    assert.deepEqual(headcount(meshOf(0, [{ running, objects }])), []);
  });

  test("fires when one is missing", () => {
    const mesh = meshOf(0, [{ running: [["web-1-0", "p0"]], objects }]);
    assert.match(headcount(mesh)[0]?.message ?? "", /of default\/web 1 run, not 2/u);
  });
});
