import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { ApiRequest, FinalReply } from "@beemesh/ports";
import { isJsonObject, parseJson } from "@beemesh/wire";
import { WebSocket, WebSocketServer } from "ws";
import { ask, ask2 } from "./api-client.test.ts";
import { isProxied, proxiedTarget } from "./api-proxy.ts";
import { testCertificates } from "./certificate.test.ts";
import { type Stub, startStub } from "./stub-machine.test.ts";

const pods = "/api/v1/namespaces/default/pods";

test("a target is taken apart as the client wrote it", () => {
  for (const [url, prefix, path, query] of [
    [`${pods}/web/proxy`, `${pods}/web/proxy`, "", ""],
    [`${pods}/web/proxy/?a=/b`, `${pods}/web/proxy`, "/", "?a=/b"],
    [`/${pods}/we%62:80/proxy//a%20b/#x`, `/${pods}/we%62:80/proxy`, "//a%20b/", ""],
  ] as const) {
    assert.deepEqual(proxiedTarget(url), { prefix, path, query });
  }
});

test("pods and Services of a namespace are passed on, and nothing else", () => {
  const is = (path: string): boolean => isProxied(path.split("/").slice(1));
  assert(is(`${pods}/web/proxy`) && is(`${pods.replace("pods", "services")}/web/proxy/a/b`));
  for (const path of [
    `${pods}/proxy`,
    `${pods}/web/exec`,
    "/api/v1/nodes/x/proxy",
    "/apis/proxy",
  ]) {
    assert(!is(path), path);
  }
});

/** What came through, newest last. */
const seen: { readonly line: string; readonly headers: IncomingMessage["headers"] }[] = [];

async function program(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method, url = "", headers } = incoming;
  seen.push({ line: `${method} ${url}`, headers });
  if (url === "/unread") {
    outgoing.end("done");
    return;
  }
  const body = await text(incoming);
  if (url === "/moved") {
    outgoing.writeHead(302, { Location: "/there" }).end();
  } else if (url === "/page") {
    const page = `<a href="/rewriteme">test</a><a href="https://elsewhere.example/">no</a>`;
    outgoing.writeHead(200, { "Content-Type": "text/html", "Content-Length": page.length });
    outgoing.end(page);
  } else if (url === "/broken") outgoing.socket?.destroy();
  else {
    outgoing.setHeader("Set-Cookie", ["a=1", "b=2"]);
    outgoing.writeHead(method === "DELETE" ? 418 : 200, { "X-Own": "yes" });
    outgoing.end(`${method} ${body}`);
  }
}

/** An API that passes on what is asked of the pod `<scheme>:web:<port>`. */
function handle({ path, user, body }: ApiRequest): FinalReply {
  assert.equal(body, undefined);
  const [scheme, name, port] = (path[5] ?? "").split(":");
  if (name === "refused" || user.name === "system:anonymous") {
    return { kind: "json", status: 403, body: { kind: "Status" } };
  }
  const to = { kind: "pod", uid: "U", machine: "m1", port: Number(port) } as const;
  return { kind: "proxy", target: { scheme: scheme === "https" ? "https" : "http", to } };
}

const certificates = testCertificates();
const skip = certificates === undefined ? "there is no openssl" : false;

describe("the proxy of the API", { skip }, () => {
  let stub: Stub;
  let secure: Server;
  const plain = createServer((incoming, outgoing) => void program(incoming, outgoing));
  const portOf = (server: Server): number => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  };
  const at = (path: string): string => `${pods}/http:web:${portOf(plain)}/proxy${path}`;

  before(async () => {
    const started = await startStub({ handle, limits: { bodyBytesMax: 10 } });
    assert(started);
    stub = started;
    const { key = "", certificate: cert = "" } = certificates?.server ?? {};
    secure = createTlsServer(
      { key, cert },
      (incoming, outgoing) => void program(incoming, outgoing),
    );
    for (const server of [plain, secure]) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
  });
  after(async () => {
    await stub.server.close();
    for (const server of [plain, secure]) server.close();
  });

  test("passes method, path, query and body on, and the answer back", async () => {
    const body = "no JSON, and longer than an object may be";
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await ask(stub, at("/a%20b/?c=d&c=e"), {
        method,
        body,
        headers: { "Content-Type": "application/json", "Content-Length": body.length },
      });
      assert.equal(answer.status, method === "DELETE" ? 418 : 200);
      assert.equal(answer.text, `${method} ${body}`);
      assert.equal(seen.at(-1)?.line, `${method} /a%20b/?c=d&c=e`);
      assert.deepEqual(answer.headers["set-cookie"], ["a=1", "b=2"]);
      assert.equal(answer.headers["x-own"], "yes");
    }
    const streamed = await ask2(stub, { ":path": at("/"), "content-type": "a/b" }, body);
    assert.equal(streamed.text, `POST ${body}`);
  });

  test("keeps credentials and what clients say of themselves from the program", async () => {
    const headers = {
      authorization: "Bearer secret",
      "impersonate-user": "eve",
      "x-forwarded-for": "8.8.8.8",
      "x-other": "kept",
    };
    await ask2(stub, { ":path": at("/x?y"), ":authority": "api.example", ...headers });
    const got = seen.at(-1)?.headers ?? {};
    assert.equal(got.authorization, undefined);
    assert.equal(got["impersonate-user"], undefined);
    assert.equal(got.host, "api.example");
    assert.equal(got["x-other"], "kept");
    assert.equal(got["x-forwarded-for"], "127.0.0.1");
    assert.equal(got["x-forwarded-uri"], at("/x?y"));
  });

  test("sends the client to the root of the program if it asks for no path", async () => {
    for (const method of ["GET", "HEAD"]) {
      const { status, headers } = await ask(stub, at("?a=b"), { method });
      assert.deepEqual([status, headers.location], [301, at("/?a=b")]);
    }
    assert.equal((await ask(stub, at(""), { method: "POST" })).status, 200);
  });

  test("moves what the program says of its own paths below its own", async () => {
    const moved = await ask(stub, at("/moved"));
    assert.deepEqual([moved.status, moved.headers.location], [302, at("/there")]);
    const page = await ask(stub, at("/page"));
    const elsewhere = `<a href="https://elsewhere.example/">no</a>`;
    assert.equal(page.text, `<a href="${at("/rewriteme")}">test</a>${elsewhere}`);
  });

  test("speaks TLS to who is asked for by https", async () => {
    const { text: said } = await ask(stub, `${pods}/https:web:${portOf(secure)}/proxy/`);
    assert.equal(said, "GET ");
  });

  test("says that nobody answers", async () => {
    for (const path of [at("/broken"), `${pods}/http:web:1/proxy/`, `${pods}/https:web:1/proxy/`]) {
      const answer = await ask(stub, path);
      assert.equal(answer.status, 503, path);
      const said = parseJson(answer.text);
      assert(isJsonObject(said) && said["reason"] === "ServiceUnavailable", answer.text);
      assert.match(answer.text, /"error trying to reach service: ./u);
    }
  });

  test("brings the answer of a program that does not read what it is sent", async () => {
    const body = "x".repeat(4_000_000);
    for (let round = 0; round < 5; round += 1) {
      const answer = await ask(stub, at("/unread"), { method: "POST", body });
      assert.deepEqual([answer.status, answer.text], [200, "done"]);
    }
  });

  test("takes in nothing of what is refused", async () => {
    const body = "x".repeat(1000);
    const { status } = await ask(stub, `${pods}/http:refused:1/proxy/`, { method: "POST", body });
    assert.equal(status, 403);
  });

  test("passes WebSockets through", async () => {
    const sockets = new WebSocketServer({ server: plain });
    sockets.on("connection", (socket) => {
      socket.on("message", (data) => socket.send(data, { binary: false }));
    });
    const { host, port, ca, key, cert } = stub.client;
    const client = new WebSocket(`wss://${host}:${port}${at("/ws")}`, { ca, key, cert });
    await once(client, "open");
    client.send("hello");
    const [data] = await once(client, "message");
    assert.equal(String(data), "hello");
    const closed = once(client, "close");
    client.close();
    await closed;
    sockets.close();
  });
});
