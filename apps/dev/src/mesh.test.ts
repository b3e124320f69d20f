import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openDevMesh } from "./mesh.ts";

const program = join(import.meta.dirname, "../../cli/src/main.ts");
const options = { program, runtime: "process", tell: () => undefined } as const;

test("openDevMesh gives machines that see each other, and close leaves nothing", async () => {
  const mesh = await openDevMesh({ ...options, count: 2 });
  try {
    for (const machine of mesh.machines) await machine.untilReadyMachines(2);
    assert.equal(mesh.runtime, "process");
  } finally {
    assert.deepEqual(await mesh.close(), []);
  }
  assert.ok(!existsSync(mesh.directory));
  assert.throws(() => mesh.machines[0]?.start(), /being removed/u);
});

test("openDevMesh refuses what it cannot make, and stops when it is interrupted", async () => {
  await assert.rejects(openDevMesh({ ...options, count: 0 }), /1 to 20 are possible/u);
  const signal = AbortSignal.abort(new Error("stop"));
  await assert.rejects(openDevMesh({ ...options, count: 1, signal }), /stop/u);
});
