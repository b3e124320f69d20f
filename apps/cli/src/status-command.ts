import { request } from "node:http";
import { text } from "node:stream/consumers";
import { BeeError } from "@beemesh/base";
import { type ConnectionsPage, type DaemonStatus, defaultData, Home } from "@beemesh/daemon";
import type { Command } from "commander";
import { connectionsOf, connectionsText, readServiceName } from "./connections.ts";
import { table } from "./table.ts";

/** How long the daemon may take to answer, in milliseconds. */
const answerMsMax = 5000;

interface StatusFlags {
  readonly namespace: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** Adds `beemesh status`: what this machine sees, does and costs, or who talks to a service. */
export function addStatus(program: Command): void {
  program
    .command("status")
    .description("show what this machine sees, runs and costs; with a service, who talks to whom")
    .argument("[service]", "a service, as svc/NAME or svc/NAMESPACE/NAME")
    .option("--data <directory>", "directory of everything this machine keeps")
    .option("-n, --namespace <namespace>", "namespace of the service", "default")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Examples:
  beemesh status
  beemesh status svc/web -n shop
  beemesh status --data /srv/beemesh --json`,
    )
    .action(async (service: string | undefined, flags: StatusFlags) => {
      const home = new Home(flags.data ?? process.env["BEEMESH_DATA"] ?? defaultData());
      const shown =
        service === undefined
          ? await showStatus(home.httpSocket, flags)
          : await showService(home.httpSocket, readServiceName(service, flags.namespace), flags);
      process.stdout.write(shown);
    });
}

async function showStatus(socketPath: string, { json }: StatusFlags): Promise<string> {
  const answer = await askStatus(socketPath);
  if (json === true) return `${answer.trim()}\n`;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own daemon's answer
  return statusText(JSON.parse(answer) as DaemonStatus);
}

async function showService(
  socketPath: string,
  service: string,
  { json }: StatusFlags,
): Promise<string> {
  const answer = await askDaemon(socketPath, "/v1/connections");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own daemon's answer
  const page = connectionsOf(JSON.parse(answer) as ConnectionsPage, service);
  return json === true ? `${JSON.stringify(page)}\n` : connectionsText(page, service, Date.now());
}

/**
 * Asks a running daemon for its status, as JSON.
 *
 * @throws {BeeError} `daemon-absent` if none listens there.
 */
export function askStatus(socketPath: string): Promise<string> {
  return askDaemon(socketPath, "/v1/status");
}

/** Asks a running daemon for one of its pages. Throws as {@link askStatus} does. */
function askDaemon(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      const message = `Cannot ask the daemon: none answers at ${socketPath}; run \`beemesh up\``;
      reject(new BeeError("daemon-absent", message, { facts: { socketPath }, cause }));
    };
    const options = { socketPath, path, headers: { host: "localhost" }, timeout: answerMsMax };
    const sent = request(options, (response) => {
      text(response).then((body) => {
        if (response.statusCode === 200) return resolve(body);
        return fail(new Error(`it answered ${response.statusCode}`));
      }, fail);
    });
    sent.on("error", fail);
    sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
    sent.end();
  });
}

/** A status as a person reads it. */
export function statusText(status: DaemonStatus): string {
  const { keeper, traffic, health, pods } = status;
  const share = Math.round((100 * traffic.bytesPerMinute) / traffic.idleBytesPerMinuteMax);
  const idle = `${share} % of an idle machine's budget`;
  const facts = [
    ["Machine", `${status.machine} (${status.peer})`],
    ["Mesh", status.mesh],
    ["Version", status.version],
    ["Up for", durationText(status.uptimeSeconds)],
    ["Health", healthText(health)],
    ["Keeps", `${keeper.collections} collections, ${keeper.first} of them first`],
    ["Traffic", `${(traffic.bytesPerMinute / 1000).toFixed(1)} kB a minute, ${idle}`],
    ["Memory", `${(status.memoryBytes / 1e6).toFixed(1)} MB`],
  ];
  const members = status.members.map(({ name, state, isDirect, rttMs, address }) => [
    name || "?",
    state,
    isDirect ? "direct" : "-",
    rttMs === undefined ? "-" : `${rttMs.toFixed(1)} ms`,
    address,
  ]);
  const sections = [
    table(facts),
    table([["MACHINE", "STATE", "LINK", "RTT", "ADDRESS"], ...members]),
    pods.length === 0
      ? "No pods here.\n"
      : table([["POD", "PHASE"], ...pods.map(({ name, phase }) => [name, phase])]),
  ];
  return sections.join("\n");
}

function healthText(health: DaemonStatus["health"]): string {
  const troubles = Object.entries(health).filter(([, trouble]) => trouble !== "");
  return troubles.map(([part, trouble]) => `${part}: ${trouble}`).join("; ") || "well";
}

function durationText(seconds: number): string {
  const [days, hours, minutes] = [86_400, 3600, 60].map((unit) => Math.floor(seconds / unit));
  if (days) return `${days} d ${(hours ?? 0) % 24} h`;
  if (hours) return `${hours} h ${(minutes ?? 0) % 60} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
