import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DevMachine } from "./machine.ts";

test("kubeconfigFor changes the port alone, in a file of the owner's", async () => {
  const data = mkdtempSync(join(tmpdir(), "machine-"));
  const machine = new DevMachine({
    name: "m1",
    data,
    program: "main.ts",
    host: undefined,
    runtime: "process",
    flags: [],
    apiPort: 6443,
    meshAddress: "/ip4/127.0.0.1/tcp/4100",
    environment: {},
  });
  try {
    writeFileSync(machine.kubeconfig, "server: https://127.0.0.1:6443\n");
    const path = await machine.kubeconfigFor(7000, join(data, "other"));
    assert.equal(readFileSync(path, "utf8"), "server: https://127.0.0.1:7000\n");
    assert.equal(statSync(path).mode & 0o077, 0);
    assert.deepEqual(await machine.podsHere(), [], "nothing runs before it is started");
    await machine.destroy();
    assert.throws(() => machine.start(), /being removed/u);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
