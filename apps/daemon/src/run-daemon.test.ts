import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type StageMachine, withStage } from "./stage.test.ts";

/** Writes a program that runs the machine's daemon, and then does `more`. */
function programOf(machine: StageMachine, more: string): string {
  const path = join(machine.home.data, "..", "program.mjs");
  const door = JSON.stringify(join(import.meta.dirname, "index.ts"));
  writeFileSync(
    path,
    `import { createLog, runDaemon } from ${door};
     const write = (line) => process.stdout.write(line);
     const log = createLog({ format: "text", level: "info", write, wallMs: () => 0 });
     ${more}
     process.exit(await runDaemon(${JSON.stringify(machine.config)}, log));`,
  );
  return path;
}

describe("runDaemon", () => {
  test("a bug is logged, the disk is closed, and the exit code says so", async () => {
    await withStage(async (make) => {
      const machine = make("m1");
      machine.found();
      const more = `setTimeout(() => { throw new Error("a callback's bug"); }, 1500);`;
      const script = programOf(machine, more);
      const { status, stdout } = spawnSync(process.execPath, [script], {
        encoding: "utf8",
        timeout: 20_000,
      });
      assert.equal(status, 70, stdout);
      assert.match(stdout, /Machine is up/u);
      assert.match(stdout, /Uncaught exception stack="Error: a callback's bug\\n\s+at /u);
      assert.match(stdout, /Stopped\n$/u);
      await machine.start();
      assert.equal((await machine.call("GET", "/readyz")).status, 200);
    });
  });

  test("drains when it is told to", async () => {
    await withStage(async (make) => {
      const machine = make("m1");
      machine.found();
      const child = spawn(process.execPath, [programOf(machine, "")], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
        if (chunk.includes("Mesh is here")) child.kill("SIGTERM");
      });
      const [code] = await once(child, "exit");
      assert.equal(code, 0, output);
      assert.match(output, /Stopping signal=SIGTERM\n[^]*Stopped\n$/u);
    });
  });
});
