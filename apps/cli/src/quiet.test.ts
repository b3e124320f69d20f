import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "@beemesh/lab";

test("silenceExperiments keeps experimental warnings back, and no others", async () => {
  const quiet = join(import.meta.dirname, "quiet.ts");
  const program = `import { silenceExperiments } from ${JSON.stringify(quiet)};
    silenceExperiments();
    process.emitWarning("new", "ExperimentalWarning");
    process.emitWarning("broken", "DeprecationWarning");`;
  const { stderr } = await run([process.execPath, "--input-type=module", "-e", program]);
  assert.equal(stderr, "beemesh: DeprecationWarning: broken\n");
});
