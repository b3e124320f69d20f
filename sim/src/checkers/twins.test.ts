import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { meshOf } from "./fake-mesh.test.ts";
import { Twins } from "./twins.ts";

const double = [{ running: [["web-1-0", "a"]] }, { running: [["web-1-0", "b"]] }] as const;

describe("Twins", () => {
  test("fires when a slot runs twice for too long", () => {
    const twins = new Twins();
    for (let ms = 0; ms <= 500; ms += 100) twins.look(meshOf(ms, double));
    assert.equal(twins.longestMs, 500);
    assert.equal(twins.violations(500).length, 0);
    assert.match(twins.violations(400)[0]?.message ?? "", /web-1-0 ran on m0 and m1 for 500 ms/u);
  });

  test("says nothing of two sides of a cut, nor of a machine that is down", () => {
    const twins = new Twins();
    for (let ms = 0; ms <= 500; ms += 100) twins.look(meshOf(ms, double, ["m1"]));
    const down = [double[0], { ...double[1], isUp: false }];
    for (let ms = 600; ms <= 900; ms += 100) twins.look(meshOf(ms, down));
    assert.equal(twins.longestMs, 0);
  });

  test("counts from a moment on", () => {
    const twins = new Twins();
    twins.look(meshOf(0, double));
    twins.reset(300);
    twins.look(meshOf(400, double));
    assert.equal(twins.longestMs, 100);
  });
});
