/** The health of servers that other hands have written: grpc-js, and some that are none. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttp2Server } from "node:http2";
import { connect, createServer, type Server as NetServer } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type handleUnaryCall, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { portOf } from "../../../test/port-of.ts";
import { askHealth, type Health } from "./grpc-health.ts";

/** `HealthCheckResponse`s by the service that is asked for. */
const answers: Readonly<Record<string, string>> = {
  "": "0801",
  well: "0801",
  ill: "0802",
  new: "",
};

const path = "/grpc.health.v1.Health/Check";

async function ask(port: number, service: string): Promise<Health> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return askHealth(socket, service);
}

describe("askHealth", () => {
  let server: Server;
  let port = 0;
  beforeEach(async () => {
    server = new Server();
    const check: handleUnaryCall<Buffer, Buffer> = ({ request }, done) => {
      const answer = answers[request.subarray(2).toString()];
      if (answer !== undefined) done(null, Buffer.from(answer, "hex"));
      else done({ code: status.NOT_FOUND, details: "unknown service" });
    };
    const asIs = (bytes: Buffer): Buffer => bytes;
    const codecs = {
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    const method = { path, requestStream: false, responseStream: false, ...codecs };
    server.addService({ check: method }, { check });
    port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
  });
  afterEach(() => server.forceShutdown());

  test("believes what the server says of the service that is asked for", async () => {
    const well = { ok: true, message: "service healthy" };
    assert.deepEqual(await ask(port, ""), well);
    assert.deepEqual(await ask(port, "well"), well);
    assert.deepEqual(await ask(port, "ill"), {
      ok: false,
      message: 'service unhealthy (responded with "NOT_SERVING")',
    });
    assert.match((await ask(port, "new")).message, /responded with "UNKNOWN"/u);
  });

  test("says why there is no answer", async () => {
    assert.deepEqual(await ask(port, "none"), {
      ok: false,
      message: "health rpc probe failed: status 5 unknown service",
    });
    // Whatever is behind this name, its frame of more than 127 bytes is read by the other end.
    assert.match((await ask(port, "x".repeat(300))).message, /status 5/u);
    server.unregister(path);
    assert.match((await ask(port, "")).message, /does not implement the grpc health protocol/u);
  });
});

describe("askHealth of what speaks no gRPC", () => {
  let server: NetServer;
  afterEach(() => server.close());
  const listening = async (made: NetServer): Promise<number> => {
    server = made;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return portOf(server);
  };

  test("names the status of a server of HTTP/2", async () => {
    const web = createHttp2Server((_, response) => void response.writeHead(404).end());
    assert.match((await ask(await listening(web), "")).message, /does not speak gRPC: status 404/u);
  });

  test("refuses an answer that does not end", async () => {
    const endless = createHttp2Server((_, response) => {
      response.on("error", () => {});
      response.writeHead(200, { "content-type": "application/grpc" }).write(Buffer.alloc(1000));
    });
    await assert.rejects(ask(await listening(endless), ""), /the answer is too long/u);
  });

  test("refuses a server of something else, and one that hangs up", async () => {
    const other = await listening(createServer((socket) => void socket.end("HTTP/1.1 400 no\r\n")));
    await assert.rejects(ask(other, ""), { code: "connection-refused" });
    server.close();
    const silent = await listening(createServer((socket) => void socket.resume().end()));
    await assert.rejects(ask(silent, ""), { code: "connection-refused" });
  });
});
