import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, CommanderError } from "commander";
import { addBench } from "./bench-command.ts";

test("bench takes the names that there are, and whole numbers", async () => {
  for (const argv of [["dance"], ["idle", "--runs", "0"], ["idle", "--runtime", "docker"]]) {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    addBench(program, "main.ts");
    for (const command of program.commands) command.copyInheritedSettings(program);
    await assert.rejects(program.parseAsync(["bench", ...argv], { from: "user" }), CommanderError);
  }
});
