import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findStaleRuns, openRun, removeRun } from "./dev-run.ts";

test("a run is stale when its owner is gone, and is removed with all it kept", async () => {
  const parent = mkdtempSync(join(tmpdir(), "runs-"));
  const isHere = ({ directory }: { readonly directory: string }): boolean => existsSync(directory);
  try {
    const own = openRun(parent);
    assert.deepEqual(findStaleRuns(parent).filter(isHere), []);
    // The owner's number belongs to another process by now: this one, which began at another time.
    const owner = { pid: process.pid, start: "1" };
    writeFileSync(join(own.directory, "owner.json"), JSON.stringify(owner));
    mkdirSync(join(own.directory, "m1", "runtime"), { recursive: true });
    assert.deepEqual(findStaleRuns(parent).filter(isHere), [own]);
    assert.deepEqual(await removeRun(own), []);
    assert.deepEqual(findStaleRuns(parent).filter(isHere), []);
    assert.deepEqual(await removeRun(own), []);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
