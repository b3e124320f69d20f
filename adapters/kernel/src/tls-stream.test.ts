/** TLS against Node's own, and against those who do not speak it. */
import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { describe, test } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import { portOf } from "../../../test/port-of.ts";
import { PlainStream } from "./byte-stream.ts";
import { socketAddress } from "./socket-address.ts";
import { StreamListener } from "./stream-listener.ts";
import {
  connectTo,
  contextOf,
  expired,
  good,
  Reader,
  shaken,
  skip,
  tcpPair,
  testKey,
  tlsPair,
  unixPair,
} from "./stream-pair.test.ts";
import { TlsStream } from "./tls-stream.ts";

const key = testKey.export({ format: "pem", type: "pkcs8" });
const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;

/** A listener, and the TLS that comes of its first connection. */
function serve(): { readonly port: number; readonly tls: Promise<TlsStream> } {
  const { promise: tls, resolve } = Promise.withResolvers<TlsStream>();
  const listener = new StreamListener({
    address: socketAddress("127.0.0.1", 0),
    connectionsMax: 1,
    onStream: (stream) => {
      listener.close();
      resolve(new TlsStream(stream.detach(), contextOf(good), { isServer: true }));
    },
  });
  return { port: listener.port, tls };
}

describe("a stream of TLS", { skip }, () => {
  test("serves Node's client, and knows its certificate", async () => {
    const { port, tls } = serve();
    const client = connect({ port, host: "127.0.0.1", key, cert: good, rejectUnauthorized: false });
    const server = await tls;
    assert(await shaken(server));
    assert(derOf(good).equals(server.peerCertificate ?? Buffer.alloc(0)));
    assert.equal(client.getCipher().name, "TLS_AES_128_GCM_SHA256");
    const reader = new Reader(server);
    client.end("from Node");
    await reader.ended;
    assert.equal(reader.bytes.toString(), "from Node");
    reader.stream.end();
    await once(client.resume(), "close");
    assert.equal(client.getProtocol(), null);
  });

  test("is served by Node, which asks for its certificate", async () => {
    const options = { key, cert: good, requestCert: true, rejectUnauthorized: false };
    const server = createServer(options);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const accepted = once(server, "secureConnection");
    const stream = await connectTo(portOf(server));
    assert(typeof stream !== "number");
    const tls = new TlsStream(stream.detach(), contextOf(good), { isServer: false });
    assert(await shaken(tls));
    const [peer]: TLSSocket[] = await accepted;
    assert(peer);
    assert.equal(peer.getProtocol(), "TLSv1.3");
    assert(peer.getPeerX509Certificate()?.raw.equals(derOf(good)));
    const reader = new Reader(tls);
    peer.end("from Node");
    await reader.ended;
    assert.equal(reader.bytes.toString(), "from Node");
    reader.stream.end();
    await reader.closed;
    server.close();
  });

  test("does not speak TLS 1.2", async () => {
    const { port, tls } = serve();
    const options = { maxVersion: "TLSv1.2", rejectUnauthorized: false } as const;
    const client = connect({ port, host: "127.0.0.1", ...options }).on("error", () => {});
    assert.equal(await shaken(await tls), false);
    client.destroy();
  });

  test("shakes hands with whoever has no certificate or an old one, and says so", async () => {
    const { port, tls } = serve();
    const client = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    const server = await tls;
    assert(await shaken(server));
    assert.equal(server.peerCertificate, undefined);
    client.destroy();
    server.destroy();
    const [near, far] = await tlsPair(contextOf(expired));
    assert(derOf(expired).equals(far.peerCertificate ?? Buffer.alloc(0)));
    near.destroy();
    assert.equal(near.peerCertificate, undefined);
    far.destroy();
  });

  test("tells nothing of what came before it is read", async () => {
    const [near, far] = await tlsPair(contextOf(good));
    near.write(Buffer.from("early"));
    await new Promise(setImmediate);
    const reader = new Reader(far);
    await reader.until(5);
    assert.equal(reader.bytes.toString(), "early");
    near.destroy();
    far.destroy();
  });

  for (const cut of [1, 5, 100, 100_000])
    test(`takes what was read of it already: ${cut} bytes of a hello`, async () => {
      const [near, far] = await tcpPair();
      const client = new TlsStream(near.detach(), contextOf(good), { isServer: false });
      const clientShaken = shaken(client);
      const early = await new Promise<Buffer>((resolve) => {
        const onData = (bytes: Uint8Array): void => {
          far.pause();
          resolve(Buffer.from(bytes));
        };
        far.read({ onData, onEnd: () => {}, onDrain: () => {}, onClose: () => {} });
      });
      // The rest of the hello comes by another way, as if it had not been read.
      const [inner, outer] = unixPair();
      const bridge = new PlainStream(outer);
      const options = { isServer: true, early: early.subarray(0, cut) };
      const server = new TlsStream(inner, contextOf(good), options);
      const serverShaken = shaken(server);
      bridge.write(early.subarray(cut));
      for (const [from, to] of [
        [bridge, far],
        [far, bridge],
      ] as const) {
        const onData = (bytes: Uint8Array): void => void to.write(bytes);
        from.read({ onData, onEnd: () => {}, onDrain: () => {}, onClose: () => {} });
      }
      assert.deepEqual(await Promise.all([clientShaken, serverShaken]), [true, true]);
      for (const stream of [client, server, far, bridge]) stream.destroy();
    });

  for (const [what, bytes] of [
    ["garbage", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["an alert", Buffer.from([21, 3, 3, 0, 2, 2, 40])],
    [
      "a hello that is longer than any",
      Buffer.concat([Buffer.from([22, 3, 1, 255, 255]), Buffer.alloc(70_000)]),
    ],
  ] as const)
    test(`is closed by ${what} instead of a hello`, async () => {
      const [near, far] = await tcpPair();
      const server = new TlsStream(far.detach(), contextOf(good), { isServer: true });
      near.write(bytes);
      assert.equal(await shaken(server), false);
      assert(!server.isOpen);
      near.destroy();
    });

  test("is closed by an end in the middle of shaking hands, and by its own side", async () => {
    const [near, far] = await tcpPair();
    const server = new TlsStream(far.detach(), contextOf(good), { isServer: true });
    const ended = shaken(server);
    near.write(Buffer.from([22, 3, 1, 1, 0, 1]));
    near.end();
    assert.equal(await ended, false);
    const [one, other] = await tcpPair();
    const client = new TlsStream(one.detach(), contextOf(good), { isServer: false });
    const destroyed = shaken(client);
    client.destroy();
    assert.equal(await destroyed, false);
    assert.equal(await shaken(client), false);
    other.destroy();
    near.destroy();
  });

  test("is not ended by an end that TLS does not say", async () => {
    const { port, tls } = serve();
    const stream = await connectTo(port);
    assert(typeof stream !== "number");
    const fd = stream.detach();
    const client = new TlsStream(fd, contextOf(good), { isServer: false });
    const server = await tls;
    assert.deepEqual(await Promise.all([shaken(client), shaken(server)]), [true, true]);
    const reader = new Reader(server);
    let hasEnded = false;
    const watch = async (): Promise<void> => {
      await reader.ended;
      hasEnded = true;
    };
    void watch();
    client.destroy();
    await reader.closed;
    assert(!hasEnded && !reader.stream.isFinished);
  });

  test("leaves no error behind that Node would take for one of its own", async () => {
    const [client, server] = await tlsPair(contextOf(good));
    const reader = new Reader(server);
    const der = testKey.export({ format: "der", type: "pkcs8" });
    const reading = async (): Promise<string> => {
      await reader.closed;
      return createPrivateKey({ key: der, format: "der", type: "pkcs8" }).type;
    };
    const read = reading();
    client.destroy();
    assert.equal(await read, "private");
  });
});
