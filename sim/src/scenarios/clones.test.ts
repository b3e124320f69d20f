import assert from "node:assert/strict";
import { test } from "node:test";
import { clones } from "./clones.ts";

test("all but one replica and all keepers die, and the workload is rebuilt, for 50 seeds", () => {
  let bySidecar = 0;
  for (let seed = 0; seed < 50; seed += 1) {
    const { violations, metrics } = clones({ seed });
    assert.deepEqual(violations, [], `beemesh sim clones --seed ${seed} --json`);
    assert((metrics["lost"] ?? 0) >= 5, "machines and keepers die");
    bySidecar += metrics["bySidecar"] ?? 0;
  }
  assert(bySidecar > 100, `the sidecars rebuild most of it themselves: ${bySidecar}`);
});
