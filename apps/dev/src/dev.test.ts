import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const program = join(import.meta.dirname, "../../cli/src/main.ts");

/** Starts `beemesh dev`, interrupts it when it says something, and gives how it ended. */
async function interruptAt(what: RegExp, signal: NodeJS.Signals): Promise<readonly unknown[]> {
  // Short, for sockets lie in it.
  const folder = mkdtempSync("/tmp/bee-");
  const argv = [program, "dev", "--runtime", "process", "--machines", "2"];
  const child = spawn(process.execPath, argv, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, TMPDIR: folder },
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    if (!what.test(said) && what.test(said + chunk)) child.kill(signal);
    said += chunk;
  });
  try {
    const [code] = await once(child, "close");
    return [
      code,
      ...readdirSync(folder),
      ...said.split("\n").filter((line) => /not rem/u.test(line)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("dev: interrupted while it makes the mesh, it removes everything", async () => {
  assert.deepEqual(await interruptAt(/making the mesh/u, "SIGINT"), [130]);
});

test("dev: ended while machines start, it removes everything", async () => {
  assert.deepEqual(await interruptAt(/starting 2 machines/u, "SIGTERM"), [130]);
});

test("dev: Ctrl-C at the live table is how it ends", async () => {
  assert.deepEqual(await interruptAt(/deploying/u, "SIGINT"), [0]);
});
