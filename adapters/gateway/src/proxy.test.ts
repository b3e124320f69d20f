import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type RequestListener, request } from "node:http";
import { request as requestTls } from "node:https";
import { connect } from "node:net";
import { duplexPair } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { BeeError } from "@beemesh/base";
import { WebSocket, WebSocketServer } from "ws";
import { testCertificates } from "./certificate.test.ts";
import type { ClassicServer } from "./classic-server.ts";
import {
  reach,
  type Service,
  send,
  startClassic,
  startService,
  stopService,
} from "./service.test.ts";

/** Runs a test with a service behind a classic server. */
async function withService(
  listener: Parameters<typeof startService>[0],
  use: (server: ClassicServer, service: Service) => Promise<void>,
): Promise<void> {
  const service = await startService(listener);
  const server = await startClassic(service);
  try {
    await use(server, service);
  } finally {
    stopService(service);
    await server.close();
  }
}

const shop = { Host: "shop" };

describe("Proxy", () => {
  test("reaches a service over a stream of the mesh, which is no socket", async () => {
    const server = await startClassic(undefined, {
      route: () =>
        Promise.resolve({
          connect: () => {
            const [near, far] = duplexPair();
            far.once("data", () => {
              far.end("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
            });
            return Promise.resolve(near);
          },
        }),
    });
    try {
      const answer = await send(server.port, { path: "/", headers: shop });
      assert.equal(answer.text, "hello");
    } finally {
      await server.close();
    }
  });

  test("says what to do where policy keeps it out, and why to this computer alone", async () => {
    const reason = "no policy of shop allows TCP 80 from beemesh-ingress/ingress";
    const server = await startClassic(undefined, {
      route: () =>
        Promise.resolve({
          connect: () => Promise.reject(new BeeError("policy-refused", reason)),
        }),
    });
    try {
      const { status, text: told } = await send(server.port, { path: "/a", headers: shop });
      assert.equal(status, 403);
      assert.match(told, /does not let the ingress in to the service for shop\/a\n/u);
      assert(told.includes(reason));
      assert.match(told, /kubernetes\.io\/metadata\.name: beemesh-ingress/u);
    } finally {
      await server.close();
    }
  });

  test("passes request and answer with their headers, and says for whom", async () => {
    const listener: RequestListener = (incoming, outgoing) => {
      outgoing.writeHead(
        207,
        "Fine",
        [
          ["Set-Cookie", "a=1"],
          ["Set-Cookie", "b=2"],
        ].flat(),
      );
      outgoing.end(JSON.stringify({ url: incoming.url, headers: incoming.headers }));
    };
    await withService(listener, async ({ port }) => {
      const headers = {
        ...shop,
        "X-Forwarded-For": "6.6.6.6",
        Connection: "close, X-Drop",
        "X-Drop": "1",
      };
      const answer = await send(port, { path: "/a?b=%20", headers });
      assert.equal(answer.status, 207);
      assert.deepEqual(answer.headers["set-cookie"], ["a=1", "b=2"]);
      const got = JSON.parse(answer.text);
      assert.equal(got.url, "/a?b=%20");
      assert.equal(got.headers.host, "shop");
      assert.equal(got.headers["x-forwarded-for"], "127.0.0.1");
      assert.equal(got.headers["x-forwarded-host"], "shop");
      assert.equal(got.headers["x-drop"], undefined);
    });
  });

  for (const framing of ["Content-Length", "chunked"]) {
    test(`streams 20 MB up and down, with ${framing}`, async () => {
      const body = Buffer.alloc(20_000_000, "beemesh");
      await withService(
        (incoming, outgoing) => void incoming.pipe(outgoing),
        async ({ port }) => {
          const headers =
            framing === "chunked"
              ? { ...shop, "Transfer-Encoding": "chunked" }
              : { ...shop, "Content-Length": body.length };
          const answer = await send(port, { method: "POST", path: "/", headers, body });
          const digest = (data: string | Buffer): string =>
            createHash("sha256").update(data).digest("hex");
          assert.equal(digest(answer.text), digest(body));
        },
      );
    });
  }

  test("passes on what a service says at once, before its answer is whole", async () => {
    await withService(
      (_incoming, outgoing) => void outgoing.write("first"),
      async ({ port }) => {
        const outgoing = request({ port, host: "127.0.0.1", headers: shop, agent: false }).end();
        outgoing.on("error", () => undefined);
        const [answer] = await once(outgoing, "response");
        const [chunk] = await once(answer, "data");
        assert.equal(String(chunk), "first");
        outgoing.destroy();
      },
    );
  });

  test("does not let a broken answer look complete", async () => {
    await withService(
      (_incoming, outgoing) => {
        outgoing.write("half");
        setImmediate(() => outgoing.destroy());
      },
      async ({ port }) => assert.rejects(send(port, { headers: shop }), { code: "ECONNRESET" }),
    );
  });

  test("lets a service know that the client left", async () => {
    const left = Promise.withResolvers<void>();
    await withService(
      (_incoming, outgoing) => {
        outgoing.once("close", left.resolve);
        outgoing.write("x");
      },
      async ({ port }) => {
        const outgoing = request({ port, host: "127.0.0.1", headers: shop, agent: false }).end();
        outgoing.on("error", () => undefined);
        await once(outgoing, "response");
        outgoing.destroy();
        await left.promise;
      },
    );
  });

  test("passes a WebSocket through, both ways", async () => {
    await withService(
      () => undefined,
      async ({ port }, { server }) => {
        const sockets = new WebSocketServer({ server });
        sockets.on("connection", (socket) => {
          socket.on("message", (data: Buffer) => socket.send(`echo ${data.toString()}`));
        });
        const client = new WebSocket(`ws://127.0.0.1:${port}/chat`, { headers: shop });
        await once(client, "open");
        client.send("hello");
        const [message] = await once(client, "message");
        assert.equal(String(message), "echo hello");
        client.close();
        await once(client, "close");
      },
    );
  });

  test("passes requests and WebSockets inside TLS, and says so", async (t) => {
    const certificates = testCertificates();
    if (certificates === undefined) {
      t.skip("there is no openssl");
      return;
    }
    const service = await startService((incoming, outgoing) =>
      outgoing.end(incoming.headers["x-forwarded-proto"]),
    );
    const sockets = new WebSocketServer({ server: service.server });
    sockets.on("connection", (socket, incoming) =>
      socket.send(String(incoming.headers["x-forwarded-proto"])),
    );
    const tls = { fallback: certificates.server, contextOf: () => Promise.resolve(undefined) };
    const server = await startClassic(service, { tls });
    const trust = { ca: certificates.authority, servername: "localhost", headers: shop };
    const outgoing = requestTls({ port: server.port, host: "127.0.0.1", ...trust });
    const [answer] = await once(outgoing.end(), "response");
    assert.equal(await text(answer), "https");
    const client = new WebSocket(`wss://127.0.0.1:${server.port}/chat`, trust);
    const [message] = await once(client, "message");
    assert.equal(String(message), "https");
    client.close();
    await once(client, "close");
    assert.equal((await send(server.port, { headers: shop })).text, "http");
    stopService(service);
    await server.close();
  });

  test("closes at once, whoever has opened TLS and asked for nothing", async (t) => {
    const certificates = testCertificates();
    if (certificates === undefined) {
      t.skip("there is no openssl");
      return;
    }
    const tls = { fallback: certificates.server, contextOf: () => Promise.resolve(undefined) };
    const server = await startClassic(undefined, { tls, limits: { drainMsMax: 2 ** 30 } });
    const options = { host: "127.0.0.1", port: server.port };
    const quiet = connectTls({ ...options, rejectUnauthorized: false });
    await once(quiet, "secureConnect");
    const suspicious = connectTls(options);
    await once(suspicious, "error");
    await server.close();
    quiet.destroy();
  });

  test("sends a client elsewhere with its method, also when it would upgrade", async () => {
    const server = await startClassic(undefined, {
      route: async ({ headers, target }) => ({ location: `https://${headers.host}${target}` }),
    });
    const { status, headers } = await send(server.port, { path: "/a?b", headers: shop });
    assert.equal(status, 308);
    assert.equal(headers["location"], "https://shop/a?b");
    const socket = connect(server.port, "127.0.0.1");
    socket.write("GET /c HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    assert.match(await text(socket), /^HTTP\/1\.1 308 [\s\S]*Location: https:\/\/shop\/c\r\n/u);
    await server.close();
  });

  test("takes the whole URL as a target, if it is of the host that is asked", async () => {
    await withService(
      (incoming, outgoing) => outgoing.end(incoming.url),
      async ({ port }) => {
        const right = await send(port, { path: "http://SHOP/a?b", headers: shop });
        assert.equal(right.text, "/a?b");
        const wrong = await send(port, { path: "http://bank/a", headers: shop });
        assert.equal(wrong.status, 400);
      },
    );
  });

  test("passes the answer of a service that does not upgrade", async () => {
    await withService(
      (_incoming, outgoing) => {
        outgoing.statusCode = 418;
        outgoing.end("tea");
      },
      async ({ port }) => {
        const socket = connect(port, "127.0.0.1");
        socket.write("GET / HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        assert.match(await text(socket), /^HTTP\/1\.1 418 [\s\S]*tea$/u);
      },
    );
  });

  test("says what was asked for and what there is, if there is no such service", async () => {
    const server = await startClassic(undefined);
    const answer = await send(server.port, { path: "/x?y", headers: { Host: "no.where:80" } });
    assert.equal(answer.status, 404);
    assert.match(answer.text, /host "no\.where" and path "\/x"\n/u);
    assert.match(answer.text, /default\/bank\n {2}default\/shop/u);
    await server.close();
  });

  test("tries another endpoint once, then says why it cannot be reached", async () => {
    const service = await startService((_incoming, outgoing) => outgoing.end("second"));
    let tries = 0;
    let failures = 1;
    const server = await startClassic(undefined, {
      route: async () => ({
        connect: () => {
          tries += 1;
          return tries <= failures
            ? Promise.reject(new BeeError("peer-unreachable", "machine m7 is gone"))
            : reach(service.port);
        },
      }),
    });
    assert.equal((await send(server.port, {})).text, "second");
    assert.equal(tries, 2);
    tries = 0;
    failures = 9;
    const answer = await send(server.port, {});
    assert.equal(answer.status, 503);
    assert.match(answer.text, /machine m7 is gone/u);
    assert.equal(tries, 2);
    stopService(service);
    await server.close();
  });

  test("answers 502 when a service speaks no HTTP", async () => {
    const service = await startService(() => undefined);
    service.server.removeAllListeners("connection");
    service.server.on("connection", (socket) => socket.end("SSH-2.0\r\n"));
    const server = await startClassic(service);
    assert.equal((await send(server.port, { headers: shop })).status, 502);
    stopService(service);
    await server.close();
  });
});
