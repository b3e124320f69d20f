import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "@beemesh/lab";

const file = join(import.meta.dirname, "main.ts");
const beemesh = (...argv: string[]): ReturnType<typeof run> =>
  run([process.execPath, file, ...argv]);

test("what is secret is its owner's alone, and kubeconfig --write says where", async () => {
  const data = join(mkdtempSync(join(tmpdir(), "cli-")), "data");
  try {
    assert.equal((await beemesh("init", "--data", data)).code, 0);
    const { stdout } = await beemesh("kubeconfig", "--write", "--data", data);
    assert.equal(stdout.trim(), join(data, "kubeconfig"));
    for (const path of ["kubeconfig", "identity/machine.key", "identity/mesh.key"]) {
      assert.equal(statSync(join(data, path)).mode & 0o077, 0, path);
    }
    assert.equal(statSync(data).mode & 0o077, 0);
    const again = await beemesh("init", "--data", data);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /belongs to a mesh already/u);
    assert.ok(existsSync(join(data, "identity/mesh.json")));
  } finally {
    rmSync(join(data, ".."), { recursive: true });
  }
});
