import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clockTrouble, diskTrouble, isWell } from "./health.ts";

const gibibyte = 1024 ** 3;
const reading = { path: "/data", failure: "", freeBytes: gibibyte, totalBytes: 100 * gibibyte };

describe("diskTrouble", () => {
  test("says why the disk refuses, and what to do", () => {
    const text = diskTrouble({ ...reading, failure: "Cannot save: the disk is full" }, false);
    assert.match(text, /^Cannot save: the disk is full: free space in \/data/u);
  });

  test("keeps a reserve, and wants twice as much before all is well again", () => {
    const at = (mebibytes: number): typeof reading => ({
      ...reading,
      freeBytes: mebibytes * 1024 ** 2,
    });
    assert.equal(diskTrouble(at(65), false), "");
    assert.match(diskTrouble(at(63), false), /less than 64 MiB of 102400 are left/u);
    assert.notEqual(diskTrouble(at(127), true), "");
    assert.equal(diskTrouble(at(129), true), "");
  });

  test("of a small disk the reserve is a twentieth", () => {
    const small = { ...reading, totalBytes: 20 * 1024 ** 2 };
    assert.equal(diskTrouble({ ...small, freeBytes: 1.1 * 1024 ** 2 }, false), "");
    assert.match(diskTrouble({ ...small, freeBytes: 0.9 * 1024 ** 2 }, false), /1\.0 MiB of 20/u);
  });
});

describe("clockTrouble", () => {
  test("says how far the clock is off, and to which side", () => {
    assert.equal(clockTrouble(0), "");
    assert.match(clockTrouble(3_600_000), /60 minutes behind the mesh's/u);
    assert.match(clockTrouble(-5 * 86_400_000), /5 days ahead of the mesh's/u);
    assert.match(clockTrouble(61_000), /61 seconds behind/u);
  });
});

test("a wrong clock does not keep a machine from its work", () => {
  assert.equal(isWell({ runtime: "", disk: "", clock: "off" }), true);
  assert.equal(isWell({ runtime: "gone", disk: "", clock: "" }), false);
  assert.equal(isWell({ runtime: "", disk: "full", clock: "" }), false);
});
