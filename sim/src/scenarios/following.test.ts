import assert from "node:assert/strict";
import { test } from "node:test";
import { following } from "./following.ts";

for (const [machines, seeds] of [
  [100, [0]],
  [24, [1]],
] as const) {
  test(`${machines} machines follow what others keep, for ${seeds.length} seeds`, () => {
    for (const seed of seeds) {
      const { violations, metrics } = following({ seed, machines });
      const again = `beemesh sim following --seed ${seed} --machines ${machines} --json`;
      assert.deepEqual(violations, [], again);
      assert.equal(metrics["written"], 20);
      assert((metrics["asked"] ?? 0) > 70 && metrics["up"] === machines - 5);
    }
  });
}
