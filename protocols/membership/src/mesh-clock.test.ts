import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { MeshClock } from "./mesh-clock.ts";

const wallMs = 1_790_000_000_000;
const dayMs = 86_400_000;

function at(ms: number, skewMs = 0): Now {
  return { at: instantAt(ms), wallMs: wallMs + ms + skewMs };
}

/** A machine among peers, each given by how wrong its clock is and how long it is up. */
function clockAmong(peers: readonly (readonly [skewMs: number, uptimeMs: number])[]): MeshClock {
  const clock = new MeshClock();
  for (const [index, [skewMs, uptimeMs]] of peers.entries()) {
    clock.read(`peer-${index}`, { wallMs: wallMs + 1000 + skewMs, uptimeMs }, at(1000));
  }
  return clock;
}

describe("MeshClock", () => {
  test("alone the machine's own clock is the mesh's", () => {
    assert.equal(new MeshClock().offsetMs(at(0), 0), 0);
  });

  test("small differences are let be", () => {
    const clock = clockAmong([
      [50_000, dayMs],
      [50_000, dayMs],
    ]);
    assert.equal(clock.offsetMs(at(1000), 5), 0);
  });

  test("a newcomer 400 days off follows, and later jumps of its clock are seen through", () => {
    const clock = new MeshClock();
    const skewMs = -400 * dayMs;
    clock.read("bob", { wallMs, uptimeMs: dayMs }, at(0, skewMs));
    assert.equal(clock.offsetMs(at(0, skewMs), 1), 400 * dayMs);
    assert.equal(clock.offsetMs(at(5000, 0), 5001), 0, "somebody has set the clock right");
  });

  test("a hundred newcomers with empty batteries do not outvote two old machines", () => {
    const newcomers = Array.from({ length: 20 }, () => [-dayMs * 20_000, 10_000] as const);
    const clock = clockAmong([[0, dayMs], ...newcomers]);
    assert.equal(clock.offsetMs(at(1000), dayMs), 0);
  });

  test("of two the longer-lived is right; of two old ones the later", () => {
    assert.equal(clockAmong([[dayMs, 5000]]).offsetMs(at(1000), 9000), 0);
    assert.equal(clockAmong([[dayMs, 9000]]).offsetMs(at(1000), 5000), dayMs);
    assert.equal(clockAmong([[dayMs, 9 * dayMs]]).offsetMs(at(1000), 8 * dayMs), dayMs);
    assert.equal(clockAmong([[-dayMs, 9 * dayMs]]).offsetMs(at(1000), 8 * dayMs), 0);
  });

  test("forgets peers, and keeps no more than it needs", () => {
    const clock = clockAmong(Array.from({ length: 100 }, () => [dayMs, dayMs] as const));
    assert(clock.size <= 32);
    const one = clockAmong([[dayMs, dayMs]]);
    one.forget("peer-0");
    assert.equal(one.offsetMs(at(1000), 0), 0);
  });
});
