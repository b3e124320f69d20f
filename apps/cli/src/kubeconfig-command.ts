import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Home } from "@beemesh/daemon";
import type { Command } from "commander";
import { homeOf, withData } from "./data-option.ts";

interface KubeconfigFlags {
  readonly data?: string;
  readonly owner?: string;
  readonly name: string;
  readonly server: string;
  readonly user: string;
  readonly write?: boolean;
}

/** Adds `beemesh kubeconfig`. */
export function addKubeconfig(program: Command): void {
  withData(program.command("kubeconfig"))
    .description("print a kubeconfig for this machine's API")
    .option("--write", "write it into the data directory instead, and print its path")
    .option("--owner <directory>", "data directory with the owner's key; this machine's")
    .option("--name <name>", "the machine's name in the kubeconfig", "local")
    .option("--server <url>", "where the API is reached", "https://127.0.0.1:6443")
    .option("--user <name>", "whom it stands for", "owner")
    .addHelpText(
      "after",
      `
Examples:
  export KUBECONFIG=$(beemesh kubeconfig --write)
  beemesh kubeconfig --user ada --name kitchen > ada.yaml`,
    )
    .action((options: KubeconfigFlags) => {
      const home = homeOf(options);
      const owner = options.owner === undefined ? home : new Home(options.owner);
      const { name, server, user } = options;
      const text = home.kubeconfig({ name, server, user, owner }, Date.now());
      if (options.write !== true) {
        process.stdout.write(text);
        return;
      }
      const path = join(home.data, "kubeconfig");
      writeSecret(path, text);
      process.stdout.write(`${path}\n`);
    });
}

/** Writes a file that is whole or absent, readable by its owner alone: it holds a private key. */
function writeSecret(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
