/** A dead Podman socket: a clear condition on the Node and in the log, and it mends by itself. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createRuntime, destroyStore, makeHelloImage } from "@beemesh/runtime";
import { sidecarProgram } from "@beemesh/sidecar";
import { podNamed, podsPath, until, withStage } from "./stage.test.ts";

function cannotRun(): string | false {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  const { status } = spawnSync("podman", ["--version"]);
  return status !== 0 && "not installed: podman";
}

describe("a dead Podman", { skip: cannotRun() }, () => {
  test("is told on the Node and in the log, pods go on, and it mends by itself", async () => {
    const directory = mkdtempSync(join(tmpdir(), "podman-"));
    const options = { driver: "podman", directory, sidecarPath: sidecarProgram() } as const;
    let service = await createRuntime(options);
    try {
      await makeHelloImage(service);
      const podmanSocket = join(directory, "podman", "podman.sock");
      await withStage(async (make) => {
        const machine = make("m1", { settings: { runtime: "podman", podmanSocket } });
        machine.found();
        await machine.start();
        await machine.call("POST", podsPath, podNamed("web"));
        await until("the pod runs", async () => (await machine.phase("web")) === "Running");
        await service.close();
        await until("the Node says so", async () =>
          /^False: .*Podman does not answer/u.test(await machine.condition("Ready")),
        );
        assert.match(machine.log.join(""), /error Machine is in trouble part=runtime/u);
        await machine.call("POST", podsPath, podNamed("later"));
        assert.equal(await machine.phase("web"), "Running");
        service = await createRuntime(options);
        await until("the Node is well", async () =>
          (await machine.condition("Ready")).startsWith("True"),
        );
        await until("what waited runs", async () => (await machine.phase("later")) === "Running");
        assert.equal(await machine.phase("web"), "Running");
        for (const name of ["web", "later"]) await machine.call("DELETE", `${podsPath}/${name}`);
        for (const name of ["web", "later"])
          await until(`${name} is gone`, async () => (await machine.phase(name)) === "");
      });
    } finally {
      await service.close();
      await destroyStore(directory);
    }
  });
});
