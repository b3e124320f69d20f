import { request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { BeeError } from "@beemesh/base";
import { callUnix } from "@beemesh/dev";
import { connectProtocol, type ServiceWish } from "@beemesh/gateway";
import { isJsonObject, parseJson } from "@beemesh/wire";

/** A port of this computer that leads to a service. */
export interface ServiceForward {
  /** Such as `127.0.0.1:40123`. */
  readonly address: string;
  /** The service's full name, such as `web.shop`. */
  readonly service: string;
  /** The service's own port. */
  readonly port: number;
  close(): Promise<void>;
}

export interface ServiceForwardOptions {
  /** The daemon's Unix socket. */
  readonly socketPath: string;
  readonly wish: ServiceWish;
  /** Port to listen on, on loopback; 0 for any. */
  readonly listenPort: number;
  /** Told why a connection has come to nothing. */
  readonly onFailure: (reason: string) => void;
}

/** Connections at once; as many as one client of the machine's own ports may have, and more. */
const connectionsMax = 1000;

/** Longest reason that is read of an answer. */
const reasonLengthMax = 1000;

/**
 * Opens a port on loopback whose connections the running daemon carries to a service: bytes as
 * they are, the end of each direction for itself.
 *
 * @throws {BeeError} `daemon-absent`, `service-absent`, `port-failed`.
 */
export async function forwardService(options: ServiceForwardOptions): Promise<ServiceForward> {
  const { socketPath, wish, listenPort } = options;
  const found = await findService(socketPath, wish);
  const open = new Set<Duplex>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.on("close", () => open.delete(client));
    carry(client, options, open);
  });
  server.maxConnections = connectionsMax;
  server.on("drop", () => options.onFailure(`more than ${connectionsMax} connections at once`));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `Cannot listen on port ${listenPort} of loopback: ${cause.message}`;
      reject(new BeeError("port-failed", message, { cause }));
    });
    server.listen(listenPort, "127.0.0.1", resolve);
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const end of open) end.destroy();
    });
  return { address: `127.0.0.1:${port}`, ...found, close };
}

async function findService(
  socketPath: string,
  wish: ServiceWish,
): Promise<{ readonly service: string; readonly port: number }> {
  const { status, body } = await callUnix(socketPath, { path: pathOf(wish) }).catch(
    (cause: unknown) => {
      const message = `Cannot ask the daemon: none answers at ${socketPath}; run \`beemesh up\``;
      throw new BeeError("daemon-absent", message, { facts: { socketPath }, cause });
    },
  );
  const answer = parseJson(body);
  const told = isJsonObject(answer) ? answer : {};
  const { service, port, message } = told;
  if (status === 200 && typeof service === "string" && typeof port === "number") {
    return { service, port };
  }
  const reason = typeof message === "string" ? message : `the daemon answers ${status}`;
  throw new BeeError("service-absent", reason);
}

function pathOf(wish: ServiceWish): string {
  return `/v1/connect?${new URLSearchParams({ ...wish }).toString()}`;
}

function carry(client: Socket, options: ServiceForwardOptions, open: Set<Duplex>): void {
  const { socketPath, wish, onFailure } = options;
  const fail = (reason: string): void => {
    onFailure(reason);
    client.resetAndDestroy();
  };
  const call = request({
    createConnection: () => connect({ path: socketPath, allowHalfOpen: true }),
    path: pathOf(wish),
    headers: { host: "localhost", connection: "Upgrade", upgrade: connectProtocol },
  });
  client.on("error", () => call.destroy());
  client.once("close", () => call.destroy());
  call.on("upgrade", (_answer, service, head) => {
    open.add(service);
    service.on("close", () => open.delete(service));
    if (head.length > 0) service.unshift(head);
    splice(client, service);
  });
  call.on("response", (answer) => {
    text(answer).then(
      (reason) => fail(reason.slice(0, reasonLengthMax).trim()),
      () => fail("the daemon does not answer"),
    );
  });
  call.on("error", (error) => {
    if (!client.destroyed) fail(error.message);
  });
  call.end();
}

/** Joins two byte streams with half-close; what breaks one breaks the other. */
function splice(client: Socket, service: Duplex): void {
  service.on("error", () => client.resetAndDestroy());
  client.on("error", () => service.destroy());
  client.on("close", () => {
    if (!client.readableEnded) service.destroy();
  });
  service.on("close", () => {
    if (!service.readableEnded) client.resetAndDestroy();
  });
  client.pipe(service).pipe(client);
  if (client.destroyed) service.destroy();
}
