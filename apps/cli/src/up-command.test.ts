import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { up } from "./up-command.ts";

test("up refuses a file that is not there, and settings that it does not know", async () => {
  const data = mkdtempSync(join(tmpdir(), "up-"));
  try {
    await assert.rejects(up({ data, config: join(data, "none.yaml") }), /there is no such file/u);
    writeFileSync(join(data, "beemesh.yaml"), "apiPort: 1\ndance: true\n");
    await assert.rejects(up({ data }), /there is no setting "dance"; there are name, data/u);
    writeFileSync(join(data, "beemesh.yaml"), "apiPort: many\n");
    await assert.rejects(up({ data }), /Cannot read setting apiPort: it is "many"/u);
  } finally {
    rmSync(data, { recursive: true });
  }
});
