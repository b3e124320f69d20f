import { BeeError } from "@beemesh/base";
import { callUnix } from "@beemesh/dev";
import { isJsonObject, type JsonObject, parseJson } from "@beemesh/wire";
import { type Command, InvalidArgumentError } from "commander";
import {
  type AttachWish,
  attachmentPaths,
  isAttachedService,
  serviceOf,
  workloadOf,
} from "./attachment.ts";
import { homeOf, withData } from "./data-option.ts";
import { askStatus } from "./status-command.ts";

interface AttachFlags {
  readonly data?: string;
  readonly name: string;
  readonly port: readonly number[];
  readonly namespace: string;
  readonly address: string;
  readonly serviceAccount: string;
  readonly service?: boolean;
  readonly detach?: boolean;
}

/** Longest answer of the API to one of these calls, in UTF-16 code units. */
const answerLengthMax = 4 * 1024 * 1024;

/** Adds `beemesh attach`: gives a program outside any container a place in the mesh. */
export function addAttach(program: Command): void {
  withData(program.command("attach"))
    .description("give a program of this machine that is in no container a place in the mesh")
    .requiredOption("--name <name>", "what it is called")
    .option(
      "--port <port...>",
      "TCP ports that it listens on; the first is asked for its health",
      (text: string, before: readonly number[]) => [...before, readPort(text)],
      [],
    )
    .option("-n, --namespace <namespace>", "namespace that it is in", "default")
    .option("--address <ip>", "where this machine reaches it", "127.0.0.1")
    .option("--service-account <name>", "whose identity it has", "default")
    .option("--service", "make a Service of the same name that leads to it")
    .option("--detach", "remove what attach has made")
    .addHelpText(
      "after",
      `
The daemon asks its first port every ten seconds, and tells in the ExternalWorkload's status whether
somebody listens.

Examples:
  beemesh attach --name db --port 5432 -n shop --service
  beemesh attach --name db -n shop --detach`,
    )
    .action(async (flags: AttachFlags) => {
      const { httpSocket } = homeOf(flags);
      const lines = await (flags.detach === true ? detach : attach)(httpSocket, flags);
      process.stdout.write(`${lines.join("\n")}\n`);
    });
}

/**
 * Makes the ExternalWorkload, and with `service` the Service; says what it made.
 *
 * @throws {BeeError} `daemon-absent`, `attach-refused`.
 */
export async function attach(socketPath: string, flags: AttachFlags): Promise<readonly string[]> {
  const { name, namespace, port: ports, address, serviceAccount } = flags;
  if (ports.length === 0) throw refused("--port says where it listens");
  const machine = await machineName(socketPath);
  const wish: AttachWish = { name, namespace, machine, ports, address, serviceAccount };
  const paths = attachmentPaths(wish);
  const before = await read(socketPath, paths.workload);
  const other = textAt(before, "spec", "machine");
  if (other !== "" && other !== machine) {
    throw refused(`${name} is attached to machine ${other}; detach it there first`);
  }
  const service = flags.service === true ? await read(socketPath, paths.service) : undefined;
  if (service !== undefined && !isAttachedService(memberAt(service, "spec", "selector"), name)) {
    throw refused(`there is another Service ${name} in namespace ${namespace}`);
  }
  const objects = [workloadOf(wish), ...(flags.service === true ? [serviceOf(wish)] : [])];
  await apply(socketPath, objects);
  const where = `on machine ${machine}, ${address} port ${ports.join(", ")}`;
  const made = [`externalworkload.beemesh.io/${name} in namespace ${namespace}: ${where}`];
  if (flags.service === true) {
    const names = ports.map((port) => `${name}.${namespace}.svc.cluster.local:${port}`);
    made.push(`service/${name}: ${names.join(", ")}`);
  }
  return made;
}

/**
 * Removes both; says what it removed.
 *
 * @throws {BeeError} `daemon-absent`, `attach-refused` if there is nothing of that name.
 */
export async function detach(
  socketPath: string,
  { name, namespace }: Pick<AttachFlags, "name" | "namespace">,
): Promise<readonly string[]> {
  const paths = attachmentPaths({ name, namespace });
  const service = await read(socketPath, paths.service);
  const isOurs = isAttachedService(memberAt(service, "spec", "selector"), name);
  const removed = [
    ...((await remove(socketPath, paths.workload)) ? [`externalworkload.beemesh.io/${name}`] : []),
    ...(isOurs && (await remove(socketPath, paths.service)) ? [`service/${name}`] : []),
  ];
  if (removed.length === 0) throw refused(`nothing called ${name} is in namespace ${namespace}`);
  return removed.map((what) => `${what} removed from namespace ${namespace}`);
}

async function machineName(socketPath: string): Promise<string> {
  const status = parseJson(await askStatus(socketPath), {
    lengthMax: answerLengthMax,
    depthMax: 64,
  });
  return textAt(status, "machine");
}

/** An object; undefined if there is none. */
async function read(socketPath: string, path: string): Promise<JsonObject | undefined> {
  const { status, body } = await callUnix(socketPath, { path: `/v1/objects/${path}` });
  if (status === 404) return undefined;
  const answer = parseJson(body, { lengthMax: answerLengthMax, depthMax: 64 });
  if (status === 200 && isJsonObject(answer)) return answer;
  throw refused(textAt(answer, "message") || `the daemon answers ${status}`);
}

/** @returns Whether there was anything to delete. */
async function remove(socketPath: string, path: string): Promise<boolean> {
  const call = { path: `/v1/objects/${path}`, method: "DELETE" };
  const { status, body } = await callUnix(socketPath, call);
  if (status === 404) return false;
  if (status < 300) return true;
  throw refused(textAt(parseJson(body), "message") || `the daemon answers ${status}`);
}

async function apply(socketPath: string, objects: readonly JsonObject[]): Promise<void> {
  const { status, body } = await callUnix(socketPath, {
    path: "/v1/workloads/stateless",
    method: "POST",
    headers: { "content-type": "application/yaml" },
    body: objects.map((object) => JSON.stringify(object)).join("\n---\n"),
  });
  if (status === 200) return;
  throw refused(textAt(parseJson(body), "message") || `the daemon answers ${status}`);
}

function refused(reason: string): BeeError {
  return new BeeError("attach-refused", `Cannot attach or detach: ${reason}`);
}

function memberAt(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const member of path) found = isJsonObject(found) ? found[member] : undefined;
  return found;
}

function textAt(value: unknown, ...path: readonly string[]): string {
  const found = memberAt(value, ...path);
  return typeof found === "string" ? found : "";
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/u.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("It may be a port from 1 to 65535.");
}
