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
import { type Reach, reachText, readReach } from "./reach.ts";
import { askStatus } from "./status-command.ts";

interface AttachFlags {
  readonly data?: string;
  readonly name: string;
  readonly port: readonly number[];
  readonly namespace: string;
  readonly address: string;
  readonly serviceAccount: string;
  readonly reach: readonly Reach[];
  readonly service?: boolean;
  readonly accept?: boolean;
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
    .option(
      "--reach <service...>",
      "a Service that it calls, and by which port here: SERVICE[.NAMESPACE]:PORT=[ADDRESS:]PORT",
      (text: string, before: readonly Reach[]) => [...before, readReach(text)],
      [],
    )
    .option("--service", "make a Service of the same name that leads to it")
    .option("--accept", "agree to what an ExternalWorkload of that name asks of this machine")
    .option("--detach", "remove what attach has made")
    .addHelpText(
      "after",
      `
The daemon asks its first port every ten seconds, and tells in the ExternalWorkload's status whether
somebody listens. A machine does only what is attached on it, with this command; what others write
into an ExternalWorkload waits until --accept, or is allowed by \`beemesh up --allow-external\`.
Whoever can connect to a port of --reach on this machine speaks as the program.

Examples:
  beemesh attach --name db --port 5432 -n shop --service
  beemesh attach --name db --port 5432 -n shop --reach redis.cache:6379=127.0.0.1:16379
  beemesh attach --name db -n shop --detach`,
    )
    .action(async (flags: AttachFlags) => {
      const { httpSocket } = homeOf(flags);
      const act = flags.detach === true ? detach : flags.accept === true ? accept : attach;
      const lines = await act(httpSocket, flags);
      process.stdout.write(`${lines.join("\n")}\n`);
    });
}

/**
 * Makes the ExternalWorkload, and with `service` the Service; says what it made.
 *
 * @throws {BeeError} `daemon-absent`, `attach-refused`.
 */
export async function attach(socketPath: string, flags: AttachFlags): Promise<readonly string[]> {
  const { name, namespace, port: ports, address, serviceAccount, reach: reaches } = flags;
  if (ports.length === 0 && reaches.length === 0) {
    throw refused("--port says where it listens, --reach what it calls");
  }
  const machine = await machineName(socketPath);
  const wish: AttachWish = { name, namespace, machine, ports, address, serviceAccount, reaches };
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
  await applyAgreed(socketPath, { objects, consent: paths.consent, isNew: before === undefined });
  return sayMade(wish, flags.service === true);
}

/** What was made, a line each. */
function sayMade(wish: AttachWish, withService: boolean): readonly string[] {
  const { name, namespace, machine, ports, address, reaches } = wish;
  const at = ports.length === 0 ? "called by nobody" : `${address} port ${ports.join(", ")}`;
  const where = `on machine ${machine}, ${at}`;
  const names = ports.map((port) => `${name}.${namespace}.svc.cluster.local:${port}`);
  return [
    `externalworkload.beemesh.io/${name} in namespace ${namespace}: ${where}`,
    ...(withService ? [`service/${name}: ${names.join(", ")}`] : []),
    ...reaches.map((reach) => reachText(reach, namespace)),
  ];
}

/**
 * Agrees to an ExternalWorkload that somebody else has written; says what it is.
 *
 * @throws {BeeError} `daemon-absent`, `attach-refused` if there is none that names this machine.
 */
export async function accept(
  socketPath: string,
  { name, namespace }: Pick<AttachFlags, "name" | "namespace">,
): Promise<readonly string[]> {
  const paths = attachmentPaths({ name, namespace });
  const object = await read(socketPath, paths.workload);
  if (object === undefined) throw refused(`nothing called ${name} is in namespace ${namespace}`);
  await agree(socketPath, paths.consent, object);
  return [
    `externalworkload.beemesh.io/${name} in namespace ${namespace} may do this here:`,
    JSON.stringify(memberAt(object, "spec")),
  ];
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
  await callUnix(socketPath, { path: paths.consent, method: "DELETE" });
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

/**
 * Applies the objects, and lets this machine do what the first of them asks: before it is there, so
 * that nobody is told that it is not accepted; but a change only after it was taken, so that what
 * goes on is not cut off by a mistake.
 */
async function applyAgreed(
  socketPath: string,
  wish: {
    readonly objects: readonly JsonObject[];
    readonly consent: string;
    readonly isNew: boolean;
  },
): Promise<void> {
  const { objects, consent, isNew } = wish;
  const [workload = {}] = objects;
  if (isNew) await agree(socketPath, consent, workload);
  try {
    await apply(socketPath, objects);
  } catch (error) {
    if (isNew) await callUnix(socketPath, { path: consent, method: "DELETE" });
    throw error;
  }
  if (!isNew) await agree(socketPath, consent, workload);
}

/** Lets the machine do what an ExternalWorkload asks of it. */
async function agree(socketPath: string, path: string, object: JsonObject): Promise<void> {
  const call = { path, method: "PUT", body: JSON.stringify(object) };
  const { status, body } = await callUnix(socketPath, call);
  if (status === 200) return;
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
