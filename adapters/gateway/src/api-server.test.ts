import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import type { FinalReply, ReplySink } from "@beemesh/ports";
import { ask, ask2, open } from "./api-client.test.ts";
import { testCertificates } from "./certificate.test.ts";
import { type Stub, startStub } from "./stub-machine.test.ts";

const skip = testCertificates() === undefined ? "there is no openssl" : false;

async function withStub(
  changes: Parameters<typeof startStub>[0],
  use: (stub: Stub) => Promise<void>,
): Promise<void> {
  const stub = await startStub(changes);
  assert(stub);
  try {
    await use(stub);
  } finally {
    await stub.server.close();
  }
}

/** A TLS connection that speaks for itself. */
async function dial({ client }: Stub, protocol = "http/1.1"): Promise<TLSSocket> {
  const socket = connect({ ...client, ALPNProtocols: [protocol], servername: "localhost" });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  return socket;
}

/** Resolves when a connection is over, whether kindly or not. */
function closed(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once("close", () => resolve());
  });
}

/** A backend whose watches say `tick` and then wait. */
function watching(sinks: ReplySink[]): () => FinalReply {
  return () => ({
    kind: "stream",
    status: 200,
    contentType: "application/json",
    open: (sink) => {
      sinks.push(sink);
      sink.write("tick\n");
      return () => undefined;
    },
  });
}

describe("createApiServer", { skip }, () => {
  test("serves HTTP/2 and HTTP/1.1 on one port", async () => {
    await withStub({}, async (stub) => {
      assert.match((await ask(stub, "/version")).text, /v1\.33\.0/u);
      const answer = await ask2(stub, { ":path": "/version" });
      assert.equal(answer.status, 200);
      assert.match(answer.text, /v1\.33\.0/u);
    });
  });

  test("keeps many large answers of one connection until its client reads them", async () => {
    const body = { text: "x".repeat(6 * 1024 * 1024) };
    const handle = (): FinalReply => ({ kind: "json", status: 200, body });
    await withStub({ handle }, async ({ client }) => {
      const { port, ca, key, cert } = client;
      const session = connectHttp2(`https://127.0.0.1:${port}`, { ca, key, cert });
      const heads = Array.from({ length: 6 }, async () => {
        const stream = session.request({ ":path": "/large" });
        const [head] = await once(stream, "response");
        return { stream, status: head[":status"] };
      });
      const answers = await Promise.all(heads);
      for (const { stream, status } of answers) {
        assert.equal(status, 200);
        assert.equal((await text(stream)).length, JSON.stringify(body).length);
      }
      session.destroy();
    });
  });

  test("serves the same on a Unix socket that only its owner can use", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gateway-api-"));
    const path = join(folder, "api.sock");
    await withStub({ unixPath: path }, async (stub) => {
      assert.equal(statSync(path).mode & 0o777, 0o600);
      const { ca, key, cert } = stub.client;
      const socket = connect({ path, ca, key, cert, servername: "localhost" });
      await once(socket, "secureConnect");
      socket.write("GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      assert.match(await text(socket), /^HTTP\/1\.1 200 OK/u);
    });
    rmSync(folder, { recursive: true });
  });

  test("takes a new certificate for new connections", async () => {
    await withStub({}, async (stub) => {
      const before = (await dial(stub)).getPeerCertificate().fingerprint;
      const { stranger, authority } = stub.certificates;
      stub.server.renew({ ...stranger, authority });
      const socket = connect({ ...stub.client, rejectUnauthorized: false });
      await once(socket, "secureConnect");
      assert.notEqual(socket.getPeerCertificate().fingerprint, before);
      socket.destroy();
    });
  });

  test("ends watches cleanly when it closes, by both versions of HTTP", async () => {
    const sinks: ReplySink[] = [];
    const stub = await startStub({ handle: watching(sinks) });
    assert(stub);
    const { answer } = await open(stub, "/watch");
    const second = ask2(stub, { ":path": "/watch" });
    while (sinks.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const first = text(answer);
    await stub.server.close();
    assert.equal(await first, "tick\n");
    assert.equal((await second).text, "tick\n");
    assert.equal(sinks[0]?.write("late"), false);
  });

  test("finishes what is in flight when it closes, and takes nothing new", async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const stub = await startStub({
      handle: async () => {
        begun.resolve();
        await gate.promise;
        return { kind: "json", status: 200, body: { done: true } };
      },
    });
    assert(stub);
    const first = ask(stub, "/slow");
    await begun.promise;
    const closing = stub.server.close();
    await assert.rejects(ask(stub, "/late"), { code: "ECONNREFUSED" });
    gate.resolve();
    assert.equal((await first).text, '{"done":true}');
    await closing;
  });

  test("does not wait for ever for what does not finish", async () => {
    const stub = await startStub({
      handle: () => new Promise(() => undefined),
      limits: { drainMsMax: 50 },
    });
    assert(stub);
    const stuck = assert.rejects(ask(stub, "/stuck"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await stub.server.close();
    await stuck;
  });
});

describe("createApiServer against hostile clients", { skip }, () => {
  test("drops a client that sends its head byte by byte", async () => {
    await withStub({ limits: { firstRequestMsMax: 100 } }, async (stub) => {
      const socket = await dial(stub);
      const dribble = setInterval(() => socket.write("G"), 10);
      await closed(socket);
      clearInterval(dribble);
    });
  });

  test("drops a client that opens HTTP/2 and says nothing", async () => {
    await withStub({ limits: { firstRequestMsMax: 100 } }, async (stub) => {
      const socket = await dial(stub, "h2");
      socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
      socket.resume();
      await closed(socket);
    });
  });

  test("answers 408 to a body that does not come", async () => {
    await withStub({ limits: { bodyMsMax: 50 } }, async (stub) => {
      const socket = await dial(stub);
      socket.write("POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{");
      const [chunk]: unknown[] = await once(socket, "data");
      assert.match(String(chunk), /^HTTP\/1\.1 408 /u);
      socket.destroy();
    });
  });

  test("refuses a head that is too long", async () => {
    await withStub({}, async (stub) => {
      const path = `/${"a".repeat(70_000)}`;
      assert.equal((await ask(stub, path)).status, 431);
      await assert.rejects(ask2(stub, { ":path": path }));
      assert.equal((await ask(stub, `/${"a".repeat(40_000)}`)).status, 404);
    });
  });

  test("refuses a body that is too large while it comes", async () => {
    await withStub({ limits: { bodyBytesMax: 100_000 } }, async (stub) => {
      const headers = { "Transfer-Encoding": "chunked" };
      const body = "x".repeat(500_000);
      const answer = await ask(stub, "/api", { method: "POST", body, headers });
      assert.equal(answer.status, 413);
      assert.equal((await ask2(stub, { ":path": "/api" }, body)).status, 413);
    });
  });

  test("serves beside 200 idle connections, and closes them in the end", async () => {
    await withStub({ limits: { firstRequestMsMax: 1500 } }, async (stub) => {
      const idle = await Promise.all(
        Array.from({ length: 200 }, (_, index) => dial(stub, index % 2 === 0 ? "h2" : "http/1.1")),
      );
      const startedMs = performance.now();
      assert.equal((await ask(stub, "/version")).status, 200);
      assert(performance.now() - startedMs < 1000);
      for (const socket of idle) socket.resume();
      await Promise.all(idle.map(closed));
    });
  });

  test("takes no more connections than it may", async () => {
    await withStub({ limits: { connectionsMax: 2 } }, async (stub) => {
      const sockets = [await dial(stub), await dial(stub)];
      await assert.rejects(dial(stub));
      for (const socket of sockets) socket.destroy();
    });
  });

  test("survives noise instead of TLS and instead of HTTP", async () => {
    await withStub({}, async (stub) => {
      for (const protocol of ["http/1.1", "h2"]) {
        const socket = await dial(stub, protocol);
        socket.write(Buffer.alloc(5000, 0x80));
        socket.resume();
        await closed(socket);
      }
      assert.equal((await ask(stub, "/version")).status, 200);
    });
  });
});
