import assert from "node:assert/strict";
import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import { WebSocket } from "ws";
import { ask } from "./api-client.test.ts";
import { testCertificates } from "./certificate.test.ts";
import { isRefusal } from "./kube-status.ts";
import { runLocally, type Stub, sizes, startStub } from "./stub-machine.test.ts";
import { negotiate } from "./tunnel.ts";

const skip = testCertificates() === undefined ? "there is no openssl" : false;

function requestWith(headers: Record<string, string>): IncomingMessage {
  const incoming = new IncomingMessage(new Socket());
  Object.assign(incoming.headers, headers);
  return incoming;
}

describe("negotiate", () => {
  const webSocket = (protocol: string): Record<string, string> => ({
    upgrade: "websocket",
    "sec-websocket-protocol": protocol,
  });
  const spdy = (protocol: string): Record<string, string> => ({
    upgrade: "SPDY/3.1",
    "x-stream-protocol-version": protocol,
  });
  for (const [kind, headers, expected] of [
    ["exec", webSocket("v4.channel.k8s.io, v5.channel.k8s.io"), "v5.channel.k8s.io"],
    ["attach", webSocket("v4.channel.k8s.io"), "v4.channel.k8s.io"],
    ["exec", webSocket("base64.channel.k8s.io"), 403],
    ["exec", spdy("v5.channel.k8s.io, v4.channel.k8s.io"), "v4.channel.k8s.io"],
    ["exec", spdy("channel.k8s.io"), 403],
    ["portforward", webSocket("SPDY/3.1+portforward.k8s.io"), "SPDY/3.1+portforward.k8s.io"],
    ["portforward", spdy("portforward.k8s.io"), "portforward.k8s.io"],
    ["portforward", webSocket("v5.channel.k8s.io"), 403],
    ["log", webSocket("base64.binary.k8s.io, binary.k8s.io"), "binary.k8s.io"],
    ["log", webSocket("base64.binary.k8s.io"), "base64.binary.k8s.io"],
    ["log", { upgrade: "websocket" }, ""],
    ["log", webSocket("v4.channel.k8s.io"), 403],
    ["exec", { upgrade: "websocket" }, 403],
    ["exec", { upgrade: "h2c" }, 400],
    ["exec", {}, 400],
  ] as const) {
    test(`gives ${expected} for ${kind} by ${JSON.stringify(headers)}`, () => {
      const agreed = negotiate(kind, requestWith(headers));
      assert.equal(isRefusal(agreed) ? agreed.code : agreed.protocol, expected);
    });
  }
});

/** A WebSocket to the stub's exec, and what each channel has said. */
function exec(
  { client }: Stub,
  script: string,
  protocol: string,
): { readonly socket: WebSocket; readonly said: (channel: number) => string } {
  const command = ["node", "-e", script].map((part) => `command=${encodeURIComponent(part)}`);
  const query = [...command, "stdin=true", "stdout=true", "stderr=true"].join("&");
  const { port, ca, key, cert } = client;
  const url = `wss://127.0.0.1:${port}/api/v1/namespaces/default/pods/web/exec?${query}`;
  const socket = new WebSocket(url, protocol, { ca, key, cert });
  const messages: Buffer[] = [];
  socket.on("message", (data: Buffer) => messages.push(data));
  const said = (channel: number): string =>
    Buffer.concat(
      messages.filter(([first]) => first === channel).map((part) => part.subarray(1)),
    ).toString();
  return { socket, said };
}

const echo = `process.stdin.on("end", () => process.exit(5)).pipe(process.stdout)`;

describe("startTunnel", { skip }, () => {
  test("carries an exec by v5: channels, size, end of input, exit code", async () => {
    const stub = await startStub();
    assert(stub);
    const { socket, said } = exec(stub, echo, "v5.channel.k8s.io");
    await once(socket, "open");
    socket.send(Buffer.from('\x04{"Width":101,"Height":33}'));
    socket.send(Buffer.from("\0hello"));
    socket.send(Buffer.from([255, 0]));
    const [code]: unknown[] = await once(socket, "close");
    assert.equal(code, 1000);
    assert.equal(said(1), "hello");
    assert.match(said(3), /"ExitCode","message":"5"/u);
    assert.deepEqual(sizes.at(-1), [101, 33]);
    await stub.server.close();
  });

  test("ends a session whose client sends too large a message, and kills the process", async () => {
    const killed = Promise.withResolvers<number>();
    const stub = await startStub({
      limits: { messageBytesMax: 1000 },
      tunnel: async (tunnel) => {
        const session = runLocally(tunnel.query.get("command") ?? [], "/");
        void session.exitCode.then(killed.resolve);
        return { kind: "session", session };
      },
    });
    assert(stub);
    const { socket } = exec(stub, echo, "v4.channel.k8s.io");
    await once(socket, "open");
    socket.send(Buffer.alloc(2000));
    const [code]: unknown[] = await once(socket, "close");
    assert.equal(code, 1009);
    assert.equal(await killed.promise, 137);
    await stub.server.close();
  });

  test("closes sessions when the server closes", async () => {
    const stub = await startStub();
    assert(stub);
    const { socket } = exec(stub, echo, "v5.channel.k8s.io");
    await once(socket, "open");
    const closed = once(socket, "close");
    await stub.server.close();
    await closed;
  });

  test("answers in HTTP what can be known before: no upgrade, no container, no pod", async () => {
    const stub = await startStub({
      tunnel: () => Promise.reject(new BeeError("container-unknown", "Cannot find container x")),
    });
    assert(stub);
    const path = "/api/v1/namespaces/default/pods/web/exec?command=ls";
    assert.equal((await ask(stub, path)).status, 400);
    const headers = {
      Connection: "Upgrade",
      Upgrade: "SPDY/3.1",
      "X-Stream-Protocol-Version": "v4.channel.k8s.io",
    };
    const refused = await ask(stub, path, { method: "POST", headers });
    assert.equal(refused.status, 500);
    assert.match(refused.text, /Cannot find container x/u);
    const missing = await ask(stub, "/api/v1/namespaces/default/pods/no/exec", { headers });
    assert.equal(missing.status, 404);
    const withBody = { ...headers, "Content-Length": "2" };
    assert.equal(
      (await ask(stub, path, { method: "POST", headers: withBody, body: "{}" })).status,
      400,
    );
    await stub.server.close();
  });
});
