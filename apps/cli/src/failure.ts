import { BeeError } from "@beemesh/base";
import type { Command } from "commander";

/** Exit code of a command line that cannot be understood. */
const usageCode = 2;

/** Lets a program, and commands that are made of it later, end with 2 if it is used wrongly. */
export function exitByUsage(program: Command): void {
  program.exitOverride(({ exitCode }) => {
    process.exit(exitCode === 0 ? 0 : usageCode);
  });
}

/**
 * Says what failed and ends the process: with 1 if the world is not as it should be, with 70 if it
 * is our own mistake. (2 is for a command line that cannot be understood.)
 */
export function failed(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  const isOurs = !(error instanceof BeeError);
  process.stderr.write(`beemesh: ${message}\n`);
  if (isOurs && error instanceof Error) process.stderr.write(`${error.stack ?? ""}\n`);
  process.exit(isOurs ? 70 : 1);
}
