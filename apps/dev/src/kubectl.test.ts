import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { findKubectl } from "./kubectl.ts";

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

describe("findKubectl", () => {
  test("prefers the newest versioned one beside what the PATH links to", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kubectl-"));
    try {
      script(join(folder, "dispatcher"), "echo Client Version: v1.30.0");
      script(join(folder, "kubectl.1.9"), "echo Client Version: v1.9.1");
      script(join(folder, "kubectl.1.33"), "echo Client Version: v1.33.1");
      symlinkSync(join(folder, "dispatcher"), join(folder, "kubectl"));
      assert.deepEqual(await findKubectl(`/nonexistent:${folder}`), {
        path: join(folder, "kubectl.1.33"),
        version: "v1.33.1",
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("answers undefined where there is none", async () => {
    assert.equal(await findKubectl("/nonexistent"), undefined);
  });
});
