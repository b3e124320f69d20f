import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { WebSocket } from "ws";
import { testCertificates } from "./certificate.test.ts";
import { type Stub, startStub } from "./stub-machine.test.ts";

const skip = testCertificates() === undefined ? "there is no openssl" : false;

/** All that comes over a WebSocket to the stub's log, message by message, and how it ends. */
async function logOver(
  { client }: Stub,
  protocols: readonly string[],
): Promise<{ readonly messages: readonly Buffer[]; readonly code: unknown }> {
  const { port, ca, key, cert } = client;
  const url = `wss://127.0.0.1:${port}/api/v1/namespaces/default/pods/web/log?follow=true`;
  const socket = new WebSocket(url, [...protocols], { ca, key, cert });
  const messages: Buffer[] = [];
  socket.on("message", (data: Buffer) => messages.push(data));
  const [code]: unknown[] = await once(socket, "close");
  assert.equal(socket.protocol, protocols[0] ?? "");
  return { messages, code };
}

describe("sendLog", { skip }, () => {
  for (const [protocols, decode] of [
    [[], (message: Buffer) => message.toString()],
    [["binary.k8s.io"], (message: Buffer) => message.toString()],
    [["base64.binary.k8s.io"], (message: Buffer) => atob(message.toString())],
  ] as const) {
    test(`carries a log by ${protocols[0] ?? "no protocol"}`, async () => {
      const stub = await startStub();
      assert(stub);
      const { messages, code } = await logOver(stub, protocols);
      assert.equal(messages.map(decode).join(""), "first line\nlast line\n");
      assert.equal(messages[0]?.length, 0, "the first one tells that the connection stands");
      assert.equal(code, 1000);
      await stub.server.close();
    });
  }

  test("stops reading a log whose client has left", async () => {
    const output = new PassThrough();
    const stub = await startStub({ tunnel: async () => ({ kind: "log", output }) });
    assert(stub);
    const { port, ca, key, cert } = stub.client;
    const url = `wss://127.0.0.1:${port}/api/v1/namespaces/default/pods/web/log`;
    const socket = new WebSocket(url, "binary.k8s.io", { ca, key, cert });
    await once(socket, "open");
    const left = once(output, "close");
    socket.terminate();
    await left;
    await stub.server.close();
  });
});
