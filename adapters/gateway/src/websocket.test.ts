import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { WebSocket } from "ws";
import { portOf } from "../../../test/port-of.ts";
import {
  acceptWebSocket,
  keepAlive,
  messageBytes,
  offeredProtocols,
  type Upgrade,
} from "./websocket.ts";

async function listen(
  onUpgrade: (upgrade: Upgrade) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.on("upgrade", (incoming, socket, head) => onUpgrade({ incoming, socket, head }));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, port: portOf(server) };
}

describe("acceptWebSocket", () => {
  test("answers with a sub-protocol that has a slash", async () => {
    const { server, port } = await listen((upgrade) => {
      assert.deepEqual(offeredProtocols(upgrade.incoming), ["SPDY/3.1+portforward.k8s.io"]);
      void acceptWebSocket(upgrade, "SPDY/3.1+portforward.k8s.io", 100);
    });
    const client = connect(port, "127.0.0.1");
    client.write(
      [
        "GET / HTTP/1.1",
        "Host: a",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io",
        "\r\n",
      ].join("\r\n"),
    );
    const [head]: unknown[] = await once(client, "data");
    assert.match(String(head), /101 [\s\S]*Sec-WebSocket-Protocol: SPDY\/3.1\+portforward/u);
    client.destroy();
    server.close();
  });

  test("refuses a malformed handshake", async () => {
    const refused = Promise.withResolvers<unknown>();
    const { server, port } = await listen((upgrade) => {
      acceptWebSocket(upgrade, "x", 100).catch(refused.resolve);
    });
    const client = connect(port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert.match(await text(client), /^HTTP\/1\.1 4/u);
    assert.match(String(await refused.promise), /bad handshake/u);
    server.close();
  });
});

test("keepAlive drops a silent client and keeps one that answers", async () => {
  const { server, port } = await listen((upgrade) => {
    void acceptWebSocket(upgrade, "x", 100).then((client) => keepAlive(client, 20));
  });
  const open = async (autoPong: boolean): Promise<WebSocket> => {
    const client = new WebSocket(`ws://127.0.0.1:${port}`, "x", { autoPong });
    await once(client, "open");
    return client;
  };
  const [silent, alive] = await Promise.all([open(false), open(true)]);
  await once(silent, "close");
  assert.equal(alive.readyState, WebSocket.OPEN);
  alive.terminate();
  server.close();
});

test("messageBytes takes every shape of message", () => {
  assert.equal(messageBytes([Buffer.from("a"), Buffer.from("b")]).toString(), "ab");
  assert.equal(messageBytes(new Uint8Array([97]).buffer).toString(), "a");
});
