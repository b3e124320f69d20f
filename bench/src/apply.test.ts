import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openDevMesh } from "@beemesh/dev";
import { benchApply } from "./apply.ts";

const program = join(import.meta.dirname, "../../apps/cli/src/main.ts");

test("benchApply takes off what Podman needs in the same round, never below 0", async () => {
  const tell = (): void => undefined;
  const mesh = await openDevMesh({ program, runtime: "process", tell, count: 1 });
  try {
    const podman = async (): Promise<number> => 1_000_000;
    const { results } = await benchApply(mesh, { runs: 1, podman });
    const [whole, peer, beyond] = results;
    assert.ok((whole?.value ?? 0) > 0);
    assert.equal(peer?.value, 1_000_000);
    assert.deepEqual([beyond?.value, beyond?.withinBudget, beyond?.runs], [0, true, 1]);
  } finally {
    assert.deepEqual(await mesh.close(), []);
  }
});
