import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Continuity } from "./continuity.ts";
import { meshOf, type Running } from "./fake-mesh.test.ts";

const nobody = {
  machines: new Set<string>(),
  uids: new Set<string>(),
  workloads: new Set<string>(),
};
const told = (after: readonly Running[], touched = nobody): string => {
  const continuity = new Continuity();
  continuity.remember(meshOf(0, [{ running: [["web-1-0", "p0"]] }]));
  const found = continuity.violations(meshOf(9, [{ running: after }]), touched);
  return found.map(({ message }) => message).join();
};

describe("Continuity", () => {
  test("says nothing of a pod that runs on", () => assert.equal(told([["web-1-0", "p0"]]), ""));

  test("fires at a pod that was stopped, or restarted", () => {
    assert.match(told([]), /was stopped on m0/u);
    assert.match(told([["web-1-0", "p0", 1]]), /was restarted on m0/u);
  });

  test("says nothing of pods that something else has touched", () => {
    assert.equal(told([], { ...nobody, machines: new Set(["m0"]) }), "");
    assert.equal(told([], { ...nobody, uids: new Set(["p0"]) }), "");
    assert.equal(told([], { ...nobody, workloads: new Set(["web"]) }), "");
  });
});
