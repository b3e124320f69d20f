import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { takeDescriptor } from "./foreign-descriptor.ts";

const skip = process.platform !== "linux" && "needs Linux";

test("what another process has open goes on when that process ends", { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "foreign-"));
  const path = join(folder, "file");
  writeFileSync(path, "abcdef");
  const code = `const fs = require("node:fs");
    fs.readSync(fs.openSync(${JSON.stringify(path)}), Buffer.alloc(2));
    process.stdin.resume(); process.stdout.write("up");`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await once(child.stdout, "data");
    const pid = child.pid ?? 0;
    assert.equal(takeDescriptor(pid, `${path}-other`), undefined);
    const fd = takeDescriptor(pid, path);
    assert(fd !== undefined);
    child.kill("SIGKILL");
    await once(child, "close");
    const bytes = Buffer.alloc(4);
    assert.equal(readSync(fd, bytes), 4);
    assert.equal(String(bytes), "cdef", "it is the same open file, where the other left it");
    closeSync(fd);
    assert.equal(takeDescriptor(pid, path), undefined, "nobody is there any more");
  } finally {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
