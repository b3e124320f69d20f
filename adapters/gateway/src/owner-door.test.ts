import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import { portOf } from "../../../test/port-of.ts";
import type { ClassicServer } from "./classic-server.ts";
import type { OwnerDoorOptions, ServiceWish } from "./owner-door.ts";
import { reach, send, startClassic } from "./service.test.ts";

describe("the door of the Unix socket's owner", () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-owner-"));
  const unixPath = join(folder, "http.sock");
  const asked: (ServiceWish | string)[] = [];
  /** Answers after the client has ended, with how much it got: half-close must pass. */
  const service = createServer({ allowHalfOpen: true }, (socket) => {
    let received = 0;
    socket.on("data", (chunk: Buffer) => (received += chunk.length));
    socket.on("end", () => socket.end(`got ${received}`));
  });
  let server: ClassicServer;
  before(async () => {
    await once(service.listen(0, "127.0.0.1"), "listening");
    const owner: OwnerDoorOptions = {
      find: async (wish) => {
        asked.push(wish);
        if (wish.service !== "web") throw new BeeError("service-absent", "There is no such thing");
        return { service: "web.shop", port: 80, connect: () => reach(portOf(service)) };
      },
      object: async (method, path) => {
        asked.push(`${method} ${path.join("/")}`);
        return { status: 200, body: { kind: "Service" } };
      },
      consent: (place, object) => {
        if (place[1] === "bad") throw new BeeError("consent-refused", "There are too many");
        asked.push(`consent ${place.join("/")} ${JSON.stringify(object)}`);
      },
    };
    server = await startClassic(undefined, { unixPath, owner });
  });
  after(async () => {
    await server.close();
    service.close();
    rmSync(folder, { recursive: true });
  });

  const ask = (path: string, method = "GET", sent = ""): Promise<string> =>
    new Promise((resolve, reject) => {
      const call = request({ socketPath: unixPath, path, method, headers: { host: "bee" } });
      call.on("response", (response) => {
        text(response).then((body) => resolve(`${response.statusCode} ${body.trim()}`), reject);
      });
      call.on("error", reject).end(sent);
    });

  const upgrade = (path: string, protocol = "beemesh-connect"): Promise<Duplex> =>
    new Promise((resolve, reject) => {
      const createConnection = (): Socket => connect({ path: unixPath, allowHalfOpen: true });
      const headers = { host: "bee", connection: "Upgrade", upgrade: protocol };
      const call = request({ createConnection, path, headers });
      call.on("upgrade", (_response, socket) => resolve(socket));
      call.on("response", (response) => {
        text(response).then((body) => reject(new Error(`${response.statusCode} ${body}`)), reject);
      });
      call.on("error", reject).end();
    });

  test("tells whether there is a service, and leads to it with half-close", async () => {
    const path = "/v1/connect?namespace=shop&service=web&port=http";
    assert.equal(await ask(path), '200 {"service":"web.shop","port":80}');
    assert.deepEqual(asked.at(-1), { namespace: "shop", service: "web", port: "http" });
    const socket = await upgrade(path);
    socket.end("x".repeat(1_000_000));
    assert.equal(await text(socket), "got 1000000");
  });

  test("says what there is not", async () => {
    const path = "/v1/connect?namespace=shop&service=no";
    assert.match(await ask(path), /^404 .*There is no such thing/u);
    await assert.rejects(upgrade(path), /503 There is no such thing/u);
    await assert.rejects(upgrade(path, "websocket"), /400 /u);
  });

  test("reads and deletes objects, and nothing else", async () => {
    const path = "/v1/objects/api/v1/namespaces/shop/services/web";
    assert.equal(await ask(path), '200 {"kind":"Service"}');
    assert.equal(await ask(path, "DELETE"), '200 {"kind":"Service"}');
    assert.equal(asked.at(-1), "DELETE api/v1/namespaces/shop/services/web");
    assert.match(await ask(path, "PUT"), /^405 /u);
    assert.match(await ask("/v1/objects/a/%2E%2E/b"), /^400 /u);
  });

  test("takes consents and takes them back, and nothing malformed", async () => {
    const path = "/v1/consents/shop/db";
    assert.equal(await ask(path, "PUT", '{"spec":{}}'), "200 {}");
    assert.equal(asked.at(-1), 'consent shop/db {"spec":{}}');
    assert.equal(await ask(path, "DELETE"), "200 {}");
    assert.equal(asked.at(-1), "consent shop/db undefined");
    const count = asked.length;
    assert.match(await ask(path, "PUT", "[]"), /^400 /u);
    assert.match(await ask(path, "PUT", `{"a":${"[".repeat(20)}${"]".repeat(20)}}`), /^400 /u);
    assert.match(await ask(path, "PUT", "x".repeat(4_000_000)), /^413 /u);
    assert.match(await ask(path), /^405 /u);
    assert.match(await ask("/v1/consents/shop", "PUT", "{}"), /^404 /u);
    assert.match(await ask("/v1/consents/shop/bad", "PUT", "{}"), /^404 .*too many/u);
    assert.equal(asked.length, count);
  });

  test("is closed to the port", async () => {
    const count = asked.length;
    for (const path of [
      "/v1/connect?service=web",
      "/v1/objects/api/v1/namespaces/shop",
      "/v1/consents/shop/db",
    ]) {
      assert.equal((await send(server.port, { path })).status, 403);
    }
    const socket = connect(server.port, "127.0.0.1");
    const head = "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: beemesh-connect";
    socket.write(`GET /v1/connect?service=web HTTP/1.1\r\n${head}\r\n\r\n`);
    assert.match(await text(socket), /^HTTP\/1\.1 400 /u);
    assert.equal(asked.length, count);
  });
});
