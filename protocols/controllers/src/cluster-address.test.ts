import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { clusterAddressOf } from "./cluster-address.ts";

describe("clusterAddressOf", () => {
  test("computes the same address for the same name, in the range", () => {
    const address = clusterAddressOf("default/web", new Set());
    assert.equal(clusterAddressOf("default/web", new Set()), address);
    assert.match(address ?? "", /^10\.(9[6-9]|10\d|11[01])\.\d+\.\d+$/u);
  });

  test("takes the next one if it is taken, and none if all are", () => {
    const taken = new Set<string>();
    for (;;) {
      const address = clusterAddressOf("default/web", taken, "10.0.0.0/22");
      if (address === undefined) break;
      assert.equal(taken.has(address), false);
      taken.add(address);
    }
    assert.equal(taken.size, 1024 - 256 - 1);
    assert.equal(taken.has("10.0.0.10"), false);
  });
});
