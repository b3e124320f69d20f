import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { destroyStore, forgetBoot, killStore } from "./store.ts";

test("a store is killed, forgotten and destroyed, with all who hold it and nobody else", {
  skip: !existsSync("/proc/self/environ") && "no /proc",
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  const start = (store: string, command: string) =>
    spawn("sh", ["-c", command], { env: { ...process.env, BEEMESH_STORE: store } });
  const inside = start(join(folder, "podman"), "(unset BEEMESH_STORE; exec sleep 61) & wait");
  const outside = start(`${folder}-other`, "exec sleep 62");
  const ended = once(inside, "exit");
  try {
    mkdirSync(join(folder, "podman", "tmp"), { recursive: true });
    mkdirSync(join(folder, "podman", "root"));
    writeFileSync(join(folder, "podman", "tmp", "alive"), "");
    await killStore(folder);
    await ended;
    assert.equal(inside.signalCode, "SIGKILL");
    assert.equal(outside.signalCode, null);
    await forgetBoot(folder);
    assert(!existsSync(join(folder, "podman", "tmp")));
    assert(existsSync(join(folder, "podman", "root")));
    await destroyStore(folder);
    await destroyStore(folder);
    assert(!existsSync(folder));
  } finally {
    inside.kill("SIGKILL");
    outside.kill("SIGKILL");
    await destroyStore(folder);
  }
});
