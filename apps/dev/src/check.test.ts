import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { check } from "./check.ts";
import { openDevMesh } from "./mesh.ts";

const program = join(import.meta.dirname, "../../cli/src/main.ts");

test("check reports what it could not see, and removes the mesh all the same", async () => {
  const tell = (): void => undefined;
  // The story needs three machines; one meets itself and comes no further.
  const mesh = await openDevMesh({ program, runtime: "process", tell, count: 1 });
  const report = await check(mesh, { manifest: "none.yaml", tell });
  assert.equal(report.ok, false);
  assert.match(report.failure, /^Cannot find machine 2/u);
  assert.deepEqual(report.leftovers, []);
  assert.equal(report.rebootOk, null);
});
