import assert from "node:assert/strict";
import { test } from "node:test";
import { Command, CommanderError } from "commander";
import { addDev } from "./dev-command.ts";

test("dev takes 1 to 20 machines, and runtimes that there are", async () => {
  for (const argv of [
    ["--machines", "0"],
    ["--machines", "21"],
    ["--runtime", "docker"],
  ]) {
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    addDev(program, "main.ts");
    for (const command of program.commands) command.copyInheritedSettings(program);
    await assert.rejects(program.parseAsync(["dev", ...argv], { from: "user" }), CommanderError);
  }
});
