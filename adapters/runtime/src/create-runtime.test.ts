import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createRuntime } from "./create-runtime.ts";

const sidecarPath = join(import.meta.dirname, "../../../apps/sidecar/src/main.ts");

test("createRuntime takes processes where Podman cannot be used, and says why", async () => {
  const directory = mkdtempSync(join(tmpdir(), "create-"));
  try {
    const reasons: string[] = [];
    const socket = join(directory, "no.sock");
    const options = {
      directory,
      sidecarPath,
      socket,
      onChoice: (why: string) => reasons.push(why),
    };
    const runtime = await createRuntime({ ...options, driver: "auto" });
    assert.equal(runtime.name, "process");
    assert.match(reasons[0] ?? "", /^process: Cannot use Podman: /u);
    assert.match((await runtime.check()).message, /Cannot use Podman/u);
    await runtime.close();
    await assert.rejects(createRuntime({ ...options, driver: "podman" }), {
      code: "runtime-unavailable",
    });
    const asked = await createRuntime({ ...options, driver: "process" });
    await asked.close();
    assert.equal(reasons[1], "process: asked for");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("createRuntime refuses a directory in which no socket could lie", async () => {
  const directory = `/tmp/${"x".repeat(80)}`;
  await assert.rejects(createRuntime({ driver: "auto", directory, sidecarPath }), {
    code: "runtime-unavailable",
    message: /longer than 70 bytes/u,
  });
});
