/** A classic server for tests, with services that are local HTTP servers. */
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  createServer,
  type RequestListener,
  type RequestOptions,
  request,
  type Server,
} from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { portOf } from "../../../test/port-of.ts";
import {
  type ClassicServer,
  type ClassicServerOptions,
  createClassicServer,
} from "./classic-server.ts";

/** A service, and where it listens. */
export interface Service {
  readonly server: Server;
  readonly port: number;
}

export async function startService(listener: RequestListener): Promise<Service> {
  const server = createServer(listener);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, port: portOf(server) };
}

export function stopService({ server }: Service): void {
  server.close();
  server.closeAllConnections();
}

/** Connects to a port of loopback. */
export async function reach(port: number): Promise<Duplex> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  return socket;
}

/** Starts a server that finds every host `shop` at the service's port. */
export function startClassic(
  service: Service | undefined,
  changes: Partial<ClassicServerOptions> = {},
): Promise<ClassicServer> {
  return createClassicServer({
    port: 0,
    apply: async () => ({ status: 200, body: {} }),
    metrics: () => "up 1\n",
    route: async ({ host }) =>
      service && host === "shop" ? { connect: () => reach(service.port) } : undefined,
    services: () => ["default/shop", "default/bank"],
    ...changes,
  });
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** Sends a request on a connection of its own. */
export function send(
  port: number,
  options: RequestOptions & { readonly body?: string | Buffer },
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, agent: false, ...options });
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => {
      text(answer).then(
        (body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: body }),
        reject,
      );
    });
    outgoing.end(options.body);
  });
}

test("startService serves until it is stopped", async () => {
  const service = await startService((_incoming, outgoing) => outgoing.end("hi"));
  assert.equal((await send(service.port, { path: "/" })).text, "hi");
  stopService(service);
  await assert.rejects(send(service.port, { path: "/" }));
});
