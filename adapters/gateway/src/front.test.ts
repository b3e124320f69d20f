import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { type ConnectionOptions, connect as connectTls, createSecureContext } from "node:tls";
import { portOf } from "../../../test/port-of.ts";
import { testCertificates } from "./certificate.test.ts";
import { Front, type Origin } from "./front.ts";
import { gatewayLimits } from "./limits.ts";

const certificates = testCertificates();

/** Something of this computer that is not loopback; undefined if there is nothing. */
const ownAddress = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;

/** A port whose front answers each connection with what it knows of it, and echoes one chunk. */
async function startFront(limits: object = {}): Promise<{ server: Server; port: number }> {
  const serve = (socket: Socket, { isLocal, isSecure }: Origin): void => {
    socket.once("data", (chunk: Buffer) => {
      socket.end(
        `${isLocal ? "local" : "remote"} ${isSecure ? "tls" : "plain"} ${chunk.toString()}`,
      );
    });
  };
  const { server: own, client } = certificates ?? assert.fail("there is openssl");
  const front = new Front({
    isPath: false,
    limits: { ...gatewayLimits, ...limits },
    tls: {
      fallback: own,
      contextOf: async (name) =>
        name === "shop.example"
          ? createSecureContext({ cert: client.certificate, key: client.key })
          : undefined,
    },
    serve,
    onTurnedAway: () => undefined,
  });
  const server = createServer((socket) => front.accept(socket));
  await once(server.listen(0), "listening");
  return { server, port: portOf(server) };
}

async function handshake(options: ConnectionOptions): Promise<string> {
  const socket = connectTls({ host: "127.0.0.1", rejectUnauthorized: false, ...options });
  await once(socket, "secureConnect");
  socket.write("hello");
  const subject = socket.getPeerCertificate().subject.CN;
  return `${String(subject)} ${socket.alpnProtocol || "-"} ${await text(socket)}`;
}

describe("Front", { skip: certificates === undefined && "there is no openssl" }, () => {
  let server: Server;
  let port = 0;
  before(async () => {
    ({ server, port } = await startFront());
  });
  after(() => server.close());

  test("tells HTTP from TLS, and picks the certificate by name", async () => {
    const plain = connect(port, "127.0.0.1");
    plain.write("GET /");
    assert.equal(await text(plain), "local plain GET /");
    assert.equal(await handshake({ port }), "localhost - local tls hello");
    const servername = "Shop.example";
    const ALPNProtocols = ["h2", "http/1.1"];
    const named = await handshake({ port, servername, ALPNProtocols });
    assert.equal(named, "ann http/1.1 local tls hello");
    assert.equal(
      await handshake({ port, servername: "other.example" }),
      "localhost - local tls hello",
    );
  });

  test("closes who begins TLS and sends something else", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(Buffer.concat([Buffer.of(0x16), Buffer.alloc(100, 0x41)]));
    socket.resume();
    await once(socket, "close");
  });

  test("closes who says nothing, or never ends its handshake", async () => {
    const hasty = await startFront({ firstRequestMsMax: 50 });
    for (const said of ["", "\u0016\u0003\u0001"]) {
      const socket = connect(hasty.port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(said);
      socket.resume();
      await once(socket, "close");
    }
    hasty.server.close();
  });

  test("refuses versions of TLS that are broken", async () => {
    await assert.rejects(handshake({ port, maxVersion: "TLSv1.1", minVersion: "TLSv1.1" }));
  });

  test("knows who comes from the network, and how often", async (t) => {
    if (ownAddress === undefined) {
      t.skip("this computer has no address but loopback");
      return;
    }
    const narrow = await startFront({ connectionsPerClientMax: 1 });
    const first = connect(narrow.port, ownAddress);
    await once(first, "connect");
    const second = connect(narrow.port, ownAddress);
    second.on("error", () => undefined);
    second.resume();
    await once(second, "close");
    first.write("x");
    assert.equal(await text(first), "remote plain x");
    const local = connect(narrow.port, "127.0.0.1");
    local.write("y");
    assert.equal(await text(local), "local plain y");
    narrow.server.close();
  });
});
