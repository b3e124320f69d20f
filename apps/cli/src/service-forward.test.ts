import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { forwardService, type ServiceForward } from "./service-forward.ts";

const wish = { namespace: "shop", service: "web", port: "80" };

describe("forwardService", () => {
  const folder = mkdtempSync(join(tmpdir(), "forward-"));
  const socketPath = join(folder, "http.sock");
  /** A daemon that leads every connection to `serve`. */
  let daemon: Server;
  let serve: (service: Duplex) => void = () => undefined;
  let isRefusing = false;
  const asked: string[] = [];
  before(async () => {
    daemon = createServer((incoming, outgoing) => {
      asked.push(incoming.url ?? "");
      if (incoming.url?.includes("service=web") === true) {
        outgoing.end('{"service":"web.shop","port":80}');
      } else {
        outgoing.writeHead(404).end('{"message":"Cannot reach no.shop: there is none"}');
      }
    });
    daemon.on("upgrade", (incoming, socket: Duplex) => {
      asked.push(`${incoming.headers.upgrade} ${incoming.url}`);
      if (isRefusing) {
        socket.end(
          "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\nno pod is ready\n",
        );
        return;
      }
      const head = "Connection: Upgrade\r\nUpgrade: beemesh-connect";
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${head}\r\n\r\n`);
      serve(socket);
    });
    await once(daemon.listen(socketPath), "listening");
  });
  after(() => {
    daemon.close();
    rmSync(folder, { recursive: true });
  });

  const failures: string[] = [];
  async function forwarded(use: (forward: ServiceForward, port: number) => Promise<void>) {
    const onFailure = (reason: string): void => {
      failures.push(reason);
    };
    const forward = await forwardService({ socketPath, wish, listenPort: 0, onFailure });
    try {
      await use(forward, Number(forward.address.split(":")[1]));
    } finally {
      await forward.close();
    }
  }

  test("carries bytes and the end of each direction", async () => {
    serve = (service) => {
      let received = 0;
      service.on("data", (chunk: Buffer) => (received += chunk.length));
      service.on("end", () => service.end(`got ${received}`));
    };
    await forwarded(async ({ service, port: own }, port) => {
      assert.equal(`${service} ${own}`, "web.shop 80");
      const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      client.end("x".repeat(1_000_000));
      assert.equal(await text(client), "got 1000000");
      const path = "/v1/connect?namespace=shop&service=web&port=80";
      assert.deepEqual(asked, [path, `beemesh-connect ${path}`]);
    });
  });

  test("ends the other direction first, where the service does", async () => {
    const heard = Promise.withResolvers<string>();
    serve = (service) => {
      service.end("bye");
      let received = "";
      service.on("data", (chunk: Buffer) => (received += chunk.toString()));
      service.on("end", () => heard.resolve(received));
    };
    await forwarded(async (_forward, port) => {
      const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      client.resume();
      await once(client, "end");
      client.end("still here");
      assert.equal(await heard.promise, "still here");
    });
  });

  test("lets go of the client where the service breaks off", async () => {
    serve = (service) => service.once("data", () => service.destroy());
    await forwarded(async (_forward, port) => {
      const client = connect({ port, host: "127.0.0.1" });
      client.write("x");
      client.resume();
      client.on("error", () => undefined);
      await new Promise((resolve) => client.once("close", resolve));
    });
  });

  test("says why a connection comes to nothing", async () => {
    isRefusing = true;
    await forwarded(async (_forward, port) => {
      const client = connect({ port, host: "127.0.0.1" });
      const [error] = await once(client, "error");
      assert(error instanceof Error);
      assert.deepEqual(failures, ["no pod is ready"]);
    });
    isRefusing = false;
  });

  test("says what is missing before it listens", async () => {
    const rest = { listenPort: 0, onFailure: () => undefined };
    const other = { ...wish, service: "no" };
    await assert.rejects(forwardService({ socketPath, wish: other, ...rest }), {
      code: "service-absent",
      message: "Cannot reach no.shop: there is none",
    });
    const nowhere = join(folder, "nowhere.sock");
    await assert.rejects(forwardService({ socketPath: nowhere, wish, ...rest }), {
      code: "daemon-absent",
    });
    const taken = createSocketServer();
    await once(taken.listen(0, "127.0.0.1"), "listening");
    const address = taken.address();
    const listenPort = typeof address === "object" && address !== null ? address.port : 0;
    await assert.rejects(forwardService({ socketPath, wish, ...rest, listenPort }), {
      code: "port-failed",
    });
    taken.close();
  });
});
