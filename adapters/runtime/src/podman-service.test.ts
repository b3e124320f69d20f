import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lookAtHost } from "./host.ts";
import { forgetRun, PodmanService, storePaths } from "./podman-service.ts";

test("a service that does not come up says why, in Podman's words", async () => {
  const folder = mkdtempSync(join(tmpdir(), "service-"));
  try {
    // `ls` stands in for a Podman that ends at once: it knows no option --root.
    const service = new PodmanService({ folder, podman: "ls", host: lookAtHost() });
    await assert.rejects(service.start(), {
      code: "runtime-unavailable",
      message: /^Cannot start Podman: /u,
    });
    assert.match(readFileSync(join(folder, "containers.conf"), "utf8"), /lock_type = "file"/u);
    assert.equal(service.socketPath, storePaths(folder).socket);
    await service.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what counts for one boot only is found again, wherever it lies, and forgotten", () => {
  const long = `/tmp/${"x".repeat(60)}`;
  assert(storePaths(long).run.length <= 50);
  assert.equal(storePaths(long).run, storePaths(long).run);
  assert.notEqual(storePaths(long).run, storePaths(`${long}y`).run);
  const folder = mkdtempSync(join(tmpdir(), "service-"));
  try {
    const { run, tmp } = storePaths(folder);
    assert(run.startsWith(folder));
    mkdirSync(tmp);
    forgetRun(folder);
    assert(!existsSync(tmp));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
