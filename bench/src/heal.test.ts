import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openDevMesh } from "@beemesh/dev";
import { benchHeal } from "./heal.ts";

const program = join(import.meta.dirname, "../../apps/cli/src/main.ts");

test("benchHeal needs a machine that is left, and has a figure for each kind of loss", async () => {
  const tell = (): void => undefined;
  const mesh = await openDevMesh({ program, runtime: "process", tell, count: 2 });
  try {
    for (const machine of mesh.machines) await machine.untilReadyMachines(2);
    const { results } = await benchHeal(mesh, { runs: 1 });
    assert.equal(results.length, mesh.hasNetwork ? 2 : 1);
    assert.ok(results.every(({ value, runs }) => value > 0 && runs === 1));
    await assert.rejects(benchHeal({ ...mesh, machines: [] }, { runs: 1 }), /has one machine/u);
  } finally {
    assert.deepEqual(await mesh.close(), []);
  }
});
