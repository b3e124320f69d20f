/**
 * HTTP through two sidecars in one process: real servers and clients of Node, real TLS, the
 * sockets handed over as they are.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Endpoint, Route, SpanRecord } from "@beemesh/workload";
import { portOf } from "../../../test/port-of.ts";
import { readAll, Stage, type StagePod } from "./testing/stage.ts";

const address = "10.96.0.80";
const key = `tcp ${address} 80`;

describe("HTTP between sidecars", () => {
  let stage: Stage;
  let web: StagePod;
  let db: StagePod;

  beforeEach(async () => {
    stage = new Stage();
    [web, db] = [await certified(stage.pod("web")), await certified(stage.pod("db"))];
  });
  afterEach(() => stage.close());

  /** A server of HTTP in the pod `db`; gives its port. */
  async function serve(answer: RequestListener): Promise<{ port: number; server: Server }> {
    const server = createServer(answer);
    const port = await stage.listen(db, (socket) => server.emit("connection", socket));
    return { port, server };
  }

  /** Makes programs the endpoints of the service. */
  function route(programs: readonly (readonly [StagePod, number])[], appProtocol = "http"): void {
    const endpoints = programs.map(([{ facts, ip }, port]): Endpoint => ({ ...facts, ip, port }));
    const named = { kind: "service", key, namespace: "shop", name: "db" } as const;
    const service: Route = { ...named, port: 80, appProtocol, endpoints };
    web.machine.rules.routes.set(key, service);
    web.machine.tell({ kind: "rerouted", route: service });
    const issuers = new Map(
      programs.map(
        ([
          {
            facts,
            key: { id },
          },
        ]) => [facts.uid, id],
      ),
    );
    const { dial } = dials.get(web) ?? web.machine.rules;
    dials.set(web, { dial });
    web.machine.rules.dial = (endpoint) => {
      web.machine.rules.issuer = issuers.get(endpoint.uid) ?? "";
      return dial(endpoint);
    };
  }

  /** What a program of `web` gets for one request over `socket`. */
  async function ask(
    socket: Socket,
    options: { readonly method?: string; readonly path?: string; readonly body?: string } = {},
  ): Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }> {
    const agent = agents.get(socket) ?? new KeepAlive(socket);
    agents.set(socket, agent);
    const asked = request({ ...options, host: "service", agent });
    asked.end(options.body);
    const [message] = await once(asked, "response");
    assert(isMessage(message));
    return {
      status: message.statusCode ?? 0,
      headers: message.headers,
      body: await textOf(message),
    };
  }

  test("answers request after request of one connection, bodies and all", async () => {
    const { port } = await serve((message, response) => {
      void textOf(message).then((text) => response.end(`${message.method} ${message.url} ${text}`));
    });
    route([[db, port]]);
    const socket = await stage.connect(web);
    assert.equal((await ask(socket, { path: "/1" })).body, "GET /1 ");
    const large = "x".repeat(300_000);
    const posted = await ask(socket, { method: "POST", path: "/2", body: large });
    assert.equal(posted.body, `POST /2 ${large}`);
    assert.equal((await ask(socket, { method: "HEAD" })).body, "");
    const metrics = await web.machine.metrics();
    const labels = 'direction="out",target="shop/db:80",protocol="http1",code="200"';
    assert(metrics.includes(`beemesh_proxy_requests_total{${labels}} 3\n`));
    assert.match(metrics, /^beemesh_proxy_request_duration_seconds_count\{[^}]*\} 3$/mu);
  });

  test("uses one connection to the program for requests of many clients", async () => {
    let connections = 0;
    const { port, server } = await serve((_, response) => response.end("ok"));
    server.on("connection", () => {
      connections += 1;
    });
    route([[db, port]]);
    for (let client = 0; client < 5; client += 1) {
      const socket = await stage.connect(web);
      assert.equal((await ask(socket)).status, 200);
      socket.destroy();
    }
    assert.equal(connections, 1);
  });

  test("tries a request at another endpoint when one has nothing that listens", async () => {
    const { port } = await serve((message, response) => {
      void textOf(message).then((text) => response.end(`got ${text}`));
    });
    const dead = await certified(stage.pod("dead"));
    route([
      [db, port],
      [dead, await closedPort()],
    ]);
    const socket = await stage.connect(web);
    for (let count = 0; count < 20; count += 1) {
      const answer = await ask(socket, { method: "POST", body: "once" });
      assert.deepEqual([answer.status, answer.body], [200, "got once"]);
    }
    const metrics = await web.machine.metrics();
    assert.match(metrics, /^beemesh_proxy_retries_total\{target="shop\/db:80"\} [1-9]/mu);
  });

  test("answers 502 for a program that is not there, 503 for a service without pods", async () => {
    route([[db, await closedPort()]]);
    const socket = await stage.connect(web);
    const noProgram = await ask(socket);
    assert.equal(noProgram.status, 502);
    assert.equal(noProgram.headers["proxy-status"], "beemesh; error=connection_refused");
    route([]);
    const noPods = await ask(socket);
    assert.equal(noPods.status, 503);
    assert.match(noPods.body, /no pod/u);
  });

  test("passes a WebSocket, both ways and to the end", async () => {
    const { port, server } = await serve(() => {});
    server.on("upgrade", (_message: IncomingMessage, socket: Socket) => {
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
      );
      socket.pipe(socket);
    });
    route([[db, port]]);
    const socket = await stage.connect(web);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    await once(socket, "data");
    socket.end("\x81\x00 any bytes");
    assert.equal(await readAll(socket), "\x81\x00 any bytes");
  });

  test("passes server-sent events as they come, and the client's going away", async () => {
    let response: ServerResponse | undefined;
    const { port } = await serve((_, made) => {
      response = made;
      made.writeHead(200, { "content-type": "text/event-stream" });
      made.write("data: 1\n\n");
    });
    route([[db, port]]);
    const socket = await stage.connect(web);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await untilText(socket, "data: 1");
    assert(response);
    response.write("data: 2\n\n");
    await untilText(socket, "data: 2");
    const closed = once(response, "close");
    socket.destroy();
    await closed;
  });

  test("passes 100 Continue, and the body after it", async () => {
    const { port } = await serve((message, response) => {
      void textOf(message).then((text) => response.end(`got ${text}`));
    });
    route([[db, port]]);
    const socket = await stage.connect(web);
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    await untilText(socket, "100 Continue");
    socket.write("ab");
    await untilText(socket, "got ab");
  });

  test("lets no smuggled request through", async () => {
    const seen: string[] = [];
    const { port } = await serve((message, response) => {
      seen.push(String(message.url));
      response.end("ok");
    });
    route([[db, port]]);
    const socket = await stage.connect(web);
    socket.end(
      "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    assert.match(await readAll(socket), /^HTTP\/1\.1 400 /u);
    assert.deepEqual(seen, []);
  });

  test("passes a client's end to the program, and the answer that it still gives", async () => {
    const port = await stage.listen(db, (server) => {
      const answer = (text: string): void => {
        const [line = ""] = text.split("\r\n", 1);
        server.end(`HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${line}`);
      };
      void readAll(server).then(answer);
    });
    route([[db, port]]);
    const socket = await stage.connect(web);
    socket.end("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert.match(await readAll(socket), /^HTTP\/1\.1 200 OK\r\n[\s\S]*GET \/ HTTP\/1\.1$/u);
  });

  test("holds a server back whose client does not read, and gives all in the end", async () => {
    const size = 8_000_000;
    const { port } = await serve((_, response) => response.end(Buffer.alloc(size, 120)));
    route([[db, port]]);
    const socket = await stage.connect(web);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    await once(socket, "readable");
    const text = await readAll(socket);
    assert.equal(text.length - text.indexOf("\r\n\r\n") - 4, size);
  });

  test("sees HTTP/2 and gRPC as such, by what passes or by the Service's word", async () => {
    const server = createHttp2Server((asked, response) => {
      if (asked.url === "/reset") response.stream.close(8);
      else response.end("two");
    });
    const port = await stage.listen(db, (socket) => server.emit("connection", socket));
    for (const [appProtocol, type, protocol] of [
      ["", "text/plain", "http2"],
      ["grpc", "application/grpc", "grpc"],
    ] as const) {
      route([[db, port]], appProtocol);
      const socket = await stage.connect(web);
      const session = connectHttp2("http://service", { createConnection: () => socket });
      for (const path of ["/", "/again", "/reset"]) {
        const stream = session.request({ ":path": path, "content-type": type });
        stream.on("error", () => stream.destroy());
        await once(stream.resume(), "close");
      }
      const page = await web.machine.metrics();
      const labels = `target="shop/db:80",protocol="${protocol}"`;
      assert(page.includes(`beemesh_proxy_http2_streams_total{${labels}} 3\n`), page);
      assert(page.includes(`beemesh_proxy_http2_resets_total{${labels}} 1\n`), page);
      assert(page.includes(`beemesh_proxy_connections_total{direction="out",${labels}} 1\n`), page);
      session.destroy();
    }
  });

  test("passes a trace on, as a child of its own that the machine hears of", async () => {
    const { port } = await serve((asked, response) => {
      response.end(String(asked.headers["traceparent"]));
    });
    route([[db, port]]);
    web.machine.rules.tracesUrl = "http://collector";
    await web.machine.attach(web.socketPath);
    const [trace, parent] = ["1".repeat(32), "2".repeat(16)];
    const socket = await stage.connect(web);
    const head = `GET /x HTTP/1.1\r\nHost: a\r\ntraceparent: 00-${trace}-${parent}-01\r\n`;
    socket.end(`${head}Connection: close\r\n\r\n`);
    const answer = await readAll(socket);
    const child = new RegExp(`00-${trace}-([0-9a-f]{16})-01`, "u").exec(answer)?.[1];
    assert(child !== undefined && child !== parent, answer);
    const told = (): readonly SpanRecord[] =>
      web.machine.heard.flatMap((said) => (said.kind === "spans" ? said.spans : []));
    while (told().length === 0) await web.machine.metrics();
    const [span] = told();
    assert.deepEqual(span?.context, { traceId: trace, spanId: child, isSampled: true });
    assert.deepEqual([span.parentSpanId, span.name, span.kind], [parent, "GET", "client"]);
  });

  test("a call is seen where it arrives, too, as a child of the caller's", async () => {
    const { port } = await serve((_, response) => {
      response.statusCode = 500;
      response.end("no");
    });
    route([[db, port]]);
    for (const { machine, socketPath } of [web, db]) {
      machine.rules.tracesUrl = "http://collector";
      await machine.attach(socketPath);
      await machine.metrics();
    }
    const socket = await stage.connect(web);
    const trace = "1".repeat(32);
    const head = `GET /x HTTP/1.1\r\nHost: a\r\ntraceparent: 00-${trace}-${"2".repeat(16)}-01\r\n`;
    socket.end(`${head}Connection: close\r\n\r\n`);
    await readAll(socket);
    const spanOf = async ({ machine }: StagePod): Promise<SpanRecord | undefined> => {
      const told = (): SpanRecord[] =>
        machine.heard.flatMap((said) => (said.kind === "spans" ? said.spans : []));
      while (told().length === 0) await machine.metrics();
      return told()[0];
    };
    const [client, server] = [await spanOf(web), await spanOf(db)];
    assert.deepEqual([client?.kind, server?.kind], ["client", "server"]);
    assert.deepEqual(
      [server?.context.traceId, server?.parentSpanId],
      [trace, client?.context.spanId],
    );
    assert.deepEqual([server?.isError, server?.attributes["url.path"]], [true, "/x"]);
  });

  test("leaves alone servers that speak first, and single bytes", async () => {
    const greeting = await stage.listen(db, (server) => {
      server.end("220 smtp\r\n");
    });
    route([[db, greeting]], "");
    const silent = await stage.connect(web);
    assert.equal(await readAll(silent), "220 smtp\r\n");

    const echo = await stage.listen(db, (server) => server.pipe(server));
    route([[db, echo]], "");
    for (const said of ["G", "", "SSH-2.0\r\n"]) {
      const app = await stage.connect(web);
      app.end(said);
      assert.equal(await readAll(app), said);
    }
    const metrics = await web.machine.metrics();
    assert.doesNotMatch(metrics, /beemesh_proxy_requests_total/u);
  });

  test("does not look into what a Service says is something else", async () => {
    const raw = await stage.listen(db, (server) => server.pipe(server));
    route([[db, raw]], "redis");
    const app = await stage.connect(web);
    app.end("GET / HTTP/9.9\r\n\r\n");
    assert.equal(await readAll(app), "GET / HTTP/9.9\r\n\r\n");
  });
});

/** A pod that has its certificate: what is said on its channel is heard in order. */
async function certified(pod: Promise<StagePod>): Promise<StagePod> {
  const { machine } = await pod;
  while (!machine.heard.some(({ kind }) => kind === "certify")) await machine.metrics();
  await machine.metrics();
  return pod;
}

/** Has one socket, for one request after the other. */
class KeepAlive extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#socket = socket;
  }

  override createConnection(): Socket {
    return this.#socket;
  }
}

const dials = new WeakMap<StagePod, Pick<StagePod["machine"]["rules"], "dial">>();
const agents = new WeakMap<Socket, KeepAlive>();

/** A port at which nothing listens any more. */
async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

function isMessage(value: unknown): value is IncomingMessage {
  return typeof value === "object" && value !== null && "statusCode" in value;
}

async function textOf(message: IncomingMessage): Promise<string> {
  message.setEncoding("latin1");
  let text = "";
  for await (const chunk of message) text += chunk;
  return text;
}

/** Waits until a socket has said something. */
function untilText(socket: Socket, wanted: string): Promise<void> {
  let text = "";
  return new Promise((resolve) => {
    const onData = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (!text.includes(wanted)) return;
      socket.off("data", onData);
      resolve();
    };
    socket.on("data", onData);
  });
}
