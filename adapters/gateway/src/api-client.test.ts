/** HTTP clients for tests of the servers. */
import assert from "node:assert/strict";
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type RequestOptions, request } from "node:https";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { Stub } from "./stub-machine.test.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends a request by HTTP/1.1 on a connection of its own. */
export function ask(
  { client }: Stub,
  path: string,
  options: RequestOptions & { readonly body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...client, path, agent: false, ...options });
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => void whole(answer).then(resolve, reject));
    outgoing.end(options.body);
  });
}

/** Starts a request by HTTP/1.1 and waits for the head of its answer. */
export function open(
  { client }: Stub,
  path: string,
): Promise<{ readonly outgoing: ClientRequest; readonly answer: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...client, path, agent: false });
    outgoing.once("error", reject);
    outgoing.once("response", (answer) => resolve({ outgoing, answer }));
    outgoing.end();
  });
}

/** Sends a request by HTTP/2 on a connection of its own. */
export async function ask2(
  { client }: Stub,
  headers: Record<string, string>,
  body = "",
): Promise<Answer> {
  const { port, ca, key, cert } = client;
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca, key, cert });
  try {
    const stream = session.request({ ":method": body === "" ? "GET" : "POST", ...headers });
    if (body !== "") stream.end(body);
    const head = new Promise<IncomingHttpHeaders & { ":status"?: number }>((resolve, reject) => {
      stream.once("response", resolve);
      stream.once("error", reject);
      session.once("error", reject);
    });
    const answer = await head;
    return { status: answer[":status"] ?? 0, headers: answer, text: await text(stream) };
  } finally {
    session.close();
  }
}

async function whole(answer: IncomingMessage): Promise<Answer> {
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
}

test("ask fails when nobody listens", async () => {
  const client = { host: "127.0.0.1", port: 1, ca: "", key: "", cert: "" };
  const certificates = { authority: "", server: pair, client: pair, stranger: pair };
  const server = { port: 1, renew: () => undefined, close: async () => undefined };
  await assert.rejects(ask({ client, certificates, server }, "/"), { code: "ECONNREFUSED" });
});

const pair = { key: "", certificate: "" };
