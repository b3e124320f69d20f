import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openDevMesh } from "./mesh.ts";
import { apply, type Stage, untilHealthy } from "./stage.ts";
import { meet, reboot } from "./story.ts";

const program = join(import.meta.dirname, "../../cli/src/main.ts");
const manifest = join(import.meta.dirname, "../../../examples/my-stateless-app.yaml");

test("meet and reboot hold for a mesh of one, without root, Podman or kubectl", async () => {
  const tell = (): void => undefined;
  const mesh = await openDevMesh({ program, runtime: "process", tell, count: 1 });
  try {
    const stage: Stage = { mesh, kubectl: undefined, manifest, tell };
    await meet(stage);
    const [machine] = mesh.machines;
    assert.ok(machine);
    await apply(stage, machine);
    const { found } = await untilHealthy(machine, 3, 30_000);
    assert.equal((await machine.podsHere()).length, 3);
    assert.ok((await machine.mainProcessOf(found[0]?.uid ?? "")) > 0);
    await reboot(stage, machine);
  } finally {
    assert.deepEqual(await mesh.close(), []);
  }
});
