import { cleanDev, dev } from "@beemesh/dev";
import { type Command, InvalidArgumentError, Option } from "commander";

interface DevFlags {
  readonly machines: number;
  readonly runtime: "auto" | "podman" | "process";
  readonly check?: boolean;
  readonly clean?: boolean;
  readonly json?: boolean;
}

/**
 * Adds `beemesh dev`.
 *
 * @param file - The program's own file, which daemons are started with.
 */
export function addDev(program: Command, file: string): void {
  program
    .command("dev")
    .description("try it: a mesh of machines on this computer, removed again at the end")
    .option("--machines <count>", "how many", machinesCount, 3)
    .addOption(
      new Option("--runtime <name>", "what pods run as")
        .choices(["auto", "podman", "process"])
        .default("auto"),
    )
    .option("--check", "walk through the whole story without a person, then end")
    .option("--json", "with --check: the report as the last line, as JSON")
    .option("--clean", "only remove what an earlier run left that was cut short")
    .addHelpText(
      "after",
      `
As root on Linux each machine has a network of its own; else they share loopback. With Podman
pods are containers; without, they are processes.

Examples:
  beemesh dev
  beemesh dev --runtime process --machines 5
  beemesh dev --check --json | tail -1`,
    )
    .action(async (flags: DevFlags) => {
      const { machines: count, runtime } = flags;
      const wish = { program: file, count, runtime };
      const isCheck = flags.check === true;
      const isJson = flags.json === true;
      const code = await (flags.clean === true ? cleanDev() : dev({ ...wish, isCheck, isJson }));
      // What was waited for when the end came must not keep the process.
      process.exit(code);
    });
}

function machinesCount(text: string): number {
  if (/^\d{1,2}$/u.test(text) && Number(text) >= 1 && Number(text) <= 20) return Number(text);
  throw new InvalidArgumentError("It may be a whole number from 1 to 20.");
}
