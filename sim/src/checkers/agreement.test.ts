import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { agreement } from "./agreement.ts";
import { meshOf, webOf } from "./fake-mesh.test.ts";

describe("agreement", () => {
  test("says nothing of machines that hold the same", () => {
    const objects = webOf(1, ["m0"]);
    assert.deepEqual(agreement(meshOf(0, [{ objects }, { objects }]), 5), []);
  });

  test("fires when two hold different versions, and when too few hold one", () => {
    const mesh = meshOf(0, [{ objects: webOf(1, []) }, { objects: webOf(2, []) }, {}]);
    const told = agreement(mesh, 5).map(({ message }) => message);
    assert.match(told[0] ?? "", /replicasets\/default\/web-1|deployments\/default\/web/u);
    assert.match(told.join(), /differs between m0 and m1/u);
    const few = agreement(meshOf(0, [{ objects: webOf(1, []) }, {}]), 5);
    assert.match(few[0]?.message ?? "", /held by m0 alone, not by 2/u);
  });
});
