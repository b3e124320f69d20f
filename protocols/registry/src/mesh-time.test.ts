import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { after, instantAt, type Now } from "@beemesh/base";
import { clockSampleMs, clockSamplesMax } from "./limits.ts";
import { MeshTime } from "./mesh-time.ts";

const dayMs = 86_400_000;
const rightMs = 1_800_000_000_000;

function now(wallMs: number, atMs = 0): Now {
  return { at: after(instantAt(0), atMs), wallMs };
}

describe("MeshTime", () => {
  test("is our own clock while nobody says otherwise, or not by far", () => {
    const time = new MeshTime();
    assert.equal(time.correct(now(rightMs)).wallMs, rightMs);
    assert.equal(time.hear("bob", rightMs + 60_000, now(rightMs)), false);
    assert.equal(time.correct(now(rightMs)).wallMs, rightMs);
  });

  test("is the others' clock if ours is a year behind or ahead of most", () => {
    for (const errorMs of [-400 * dayMs, 400 * dayMs]) {
      const time = new MeshTime();
      const wrong = now(rightMs + errorMs);
      time.hear("bob", rightMs, wrong);
      time.hear("cyd", rightMs + 20, wrong);
      assert(Math.abs(time.correct(wrong).wallMs - rightMs) <= 20);
    }
  });

  test("does not follow one clock of many that is wrong", () => {
    const time = new MeshTime();
    time.hear("bob", rightMs, now(rightMs));
    assert.equal(time.hear("eve", rightMs + 400 * dayMs, now(rightMs)), false);
    assert.equal(time.correct(now(rightMs)).wallMs, rightMs);
  });

  test("of two clocks believes the later: one without a battery is behind", () => {
    const behind = new MeshTime();
    behind.hear("bob", rightMs, now(0));
    assert.equal(behind.correct(now(0)).wallMs, rightMs);
    const right = new MeshTime();
    right.hear("bob", 0, now(rightMs));
    assert.equal(right.correct(now(rightMs)).wallMs, rightMs);
  });

  test("forgets what was heard long ago, and keeps no more than a few samples", () => {
    const time = new MeshTime();
    time.hear("old", rightMs + dayMs, now(rightMs));
    assert.equal(time.hear("bob", rightMs, now(rightMs, clockSampleMs + 1)), true);
    for (let index = 0; index < 10 * clockSamplesMax; index += 1) {
      time.hear(`peer-${index}`, rightMs, now(rightMs));
    }
    assert.equal(time.correct(now(rightMs)).wallMs, rightMs);
  });
});
