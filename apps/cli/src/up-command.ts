import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import {
  createLog,
  type DaemonConfig,
  readConfig,
  runDaemon,
  type SettingName,
  settings,
} from "@beemesh/daemon";
import { parseYaml } from "@beemesh/gateway";
import { isJsonObject } from "@beemesh/wire";
import type { Command } from "commander";
import { homeOf } from "./data-option.ts";

type UpFlags = Readonly<Record<string, string | undefined>>;

/** Adds `beemesh up`: the daemon. */
export function addUp(program: Command): void {
  const command = program.command("up").description("run this machine until it is told to stop");
  for (const { flag, fallback, help } of Object.values(settings)) {
    command.option(`--${flag} <value>`, fallback === "" ? help : `${help} (${fallback})`);
  }
  command.option("--config <file>", "settings as YAML; beemesh.yaml in the data directory");
  command.addHelpText(
    "after",
    `
Every setting is also an environment variable, --api-port as BEEMESH_API_PORT, and a line of the
file, apiPort: 6443. A flag counts before the environment, the environment before the file.
BEEMESH_FROM_SOURCE=1 runs the sources also where npm run setup has bundled the daemon.

Examples:
  beemesh up
  beemesh up --name kitchen --labels zone=home,disk=ssd
  beemesh up --runtime process --mesh-port 4200 --log-format json`,
  );
  command.action((flags: UpFlags) => up(flags));
}

/** Runs the daemon until SIGTERM or SIGINT; does not return. */
export async function up(flags: UpFlags): Promise<never> {
  const config = configOf(flags);
  const log = createLog({
    format: config.logFormat,
    level: config.logLevel,
    write: (line) => process.stdout.write(line),
    wallMs: () => Date.now(),
  });
  process.exit(await runDaemon(config, log));
}

/**
 * The settings of a daemon, from flags, environment and file.
 *
 * @throws {BeeError} `config-invalid`
 */
function configOf(flags: UpFlags): DaemonConfig {
  const { data } = homeOf(flags);
  const file = readFileSettings(flags["config"], join(data, "beemesh.yaml"));
  const config = readConfig({
    flag: (name: SettingName) => flags[name],
    environment: (variable) => process.env[variable],
    file: (name: SettingName) => file[name],
  });
  return { ...config, data };
}

/** The settings of a file; none if nobody asked for one and there is none. */
function readFileSettings(
  asked: string | undefined,
  usual: string,
): Readonly<Record<string, string>> {
  const path = asked ?? usual;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (asked === undefined) return {};
    throw new BeeError("config-invalid", `Cannot read ${path}: there is no such file`, { cause });
  }
  const parsed = parseYaml(text);
  if (!parsed.ok) {
    throw new BeeError("config-invalid", `Cannot read ${path}: ${parsed.message}`);
  }
  const values = isJsonObject(parsed.value) ? parsed.value : {};
  const unknown = Object.keys(values).find((name) => !(name in settings));
  if (unknown !== undefined) {
    const known = Object.keys(settings).join(", ");
    const message = `Cannot read ${path}: there is no setting "${unknown}"; there are ${known}`;
    throw new BeeError("config-invalid", message);
  }
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}
