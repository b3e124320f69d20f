import { defaultData, Home } from "@beemesh/daemon";
import type { Command } from "commander";

/** Gives a command the option that says where a machine keeps everything. */
export function withData(command: Command): Command {
  return command.option(
    "--data <directory>",
    `directory of everything this machine keeps, or BEEMESH_DATA (${defaultData()})`,
  );
}

/** The data directory that a command is about. */
export function homeOf({ data }: { readonly data?: string | undefined }): Home {
  return new Home(data ?? process.env["BEEMESH_DATA"] ?? defaultData());
}
