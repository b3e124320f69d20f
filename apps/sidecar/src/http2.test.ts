/** HTTP/2 by request, with Node's own clients and servers: what gRPC's hide. */
import assert from "node:assert/strict";
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ServiceStage } from "./testing/service-stage.ts";
import type { StagePod } from "./testing/stage.ts";

describe("HTTP/2 between sidecars", () => {
  let stage: ServiceStage;
  let pods: readonly [StagePod, StagePod];
  let session: ClientHttp2Session;

  beforeEach(async () => {
    stage = await ServiceStage.start();
    pods = [await stage.pod("db-1"), await stage.pod("db-2")];
    session = connect(`http://127.0.0.1:${stage.door()}`);
    session.on("error", () => {});
  });
  afterEach(() => {
    session.destroy();
    stage.close();
  });

  /** A request, and all that comes back. */
  async function ask(headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
    const stream = session.request(headers, { endStream: body === undefined });
    if (body !== undefined) stream.end(body);
    return answerOf(stream);
  }

  async function serve(
    pod: StagePod,
    onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  ) {
    const program = await stage.http2(pod);
    program.server.on("stream", (stream: ServerHttp2Stream, headers) => {
      stream.on("error", () => {});
      onStream(stream, headers);
    });
    return program;
  }

  test("fields, bodies, trailers and interim answers pass, both ways", async () => {
    const program = await serve(pods[0], (stream, headers) => {
      let body = "";
      stream.on("data", (bytes: Buffer) => {
        body += bytes;
      });
      stream.on("trailers", (trailers) => {
        stream.additionalHeaders({ ":status": 103, link: "</x>" });
        stream.respond({ ":status": 201, "x-path": headers[":path"] }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": trailers["x-sum"] }));
        stream.end(body);
      });
    });
    stage.route([program]);
    const asked = { ":method": "POST", ":path": "/a?b" };
    const stream = session.request(asked, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "5" }));
    const early = once(stream, "headers");
    stream.end("hello");
    const answer = await answerOf(stream);
    assert.equal((await early)[0].link, "</x>");
    assert.deepEqual([answer.headers[":status"], answer.headers["x-path"]], [201, "/a?b"]);
    assert.deepEqual([answer.text, answer.trailers["x-end"]], ["hello", "5"]);
    assert.equal(
      (await ask({ ":method": "CONNECT", ":authority": "x:1" })).headers[":status"],
      501,
    );
  });

  test("what a server refused to look at is asked of another, whatever it is", async () => {
    let refusals = 0;
    const busy = await serve(pods[0], (stream) => {
      refusals += 1;
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
    });
    const good = await serve(pods[1], (stream) => {
      stream.respond({ ":status": 200 });
      stream.pipe(stream);
    });
    stage.route([busy, good]);
    for (let count = 0; count < 20; count += 1) {
      const answer = await ask({ ":method": "POST" }, "once");
      assert.deepEqual([answer.headers[":status"], answer.text], [200, "once"]);
    }
    assert(refusals > 0);
    assert.match(await stage.metrics(), /^beemesh_proxy_retries_total\{[^}]*\} [1-9]/mu);
  });

  test("a code that a server breaks off with is the client's, and nobody asks again", async () => {
    let asked = 0;
    const program = await serve(pods[0], (stream, headers) => {
      asked += 1;
      if (headers[":path"] === "/late") stream.respond({ ":status": 200 });
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
    stage.route([program]);
    for (const path of ["/", "/late"]) {
      const answer = await ask({ ":path": path });
      assert.equal(answer.code, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
    assert.equal(asked, 2);
  });

  test("a server that leaves (GOAWAY) is left, and no request is lost", async () => {
    let sessions = 0;
    const program = await serve(pods[0], (stream) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    program.server.on("session", (server: ServerHttp2Session) => {
      sessions += 1;
      server.on("stream", () => server.close());
    });
    stage.route([program]);
    for (let count = 0; count < 5; count += 1) {
      const all = await Promise.all([1, 2, 3].map(() => ask({ ":method": "POST" }, "x")));
      for (const answer of all) assert.equal(answer.text, "ok");
    }
    assert(sessions >= 5);
  });

  test("a GET goes on elsewhere when its pod dies, a POST is told", async () => {
    const open = Promise.withResolvers<void>();
    const silent = await serve(pods[0], () => open.resolve());
    stage.route([silent]);
    const get = ask({ ":path": "/" });
    const post = ask({ ":method": "POST" }, "x");
    await open.promise;
    const good = await serve(pods[1], (stream) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    stage.route([silent, good]);
    // What is answered later was told later: by then the route is the new one.
    await stage.metrics();
    stage.kill(pods[0]);
    assert.equal((await get).text, "ok");
    const told = await post;
    assert.equal(told.headers[":status"], 502);
    assert.equal(told.headers["proxy-status"], "beemesh; error=connection_terminated");
  });

  test("an answer that comes before the request is whole ends both", async () => {
    const program = await serve(pods[0], (stream) => {
      stream.respond({ ":status": 413 }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-why": "size" }));
      stream.end("too large");
    });
    stage.route([program]);
    for (const settled of [[program], []]) {
      stage.route(settled);
      await stage.metrics();
      const stream = session.request({ ":method": "POST" });
      stream.write("begin");
      const { headers, code, trailers } = await answerOf(stream);
      const isServed = settled.length > 0;
      assert.deepEqual([headers[":status"], code], [isServed ? 413 : 503, 0]);
      assert.equal(trailers["x-why"], isServed ? "size" : undefined);
    }
  });

  test("more requests than a program takes at once go over several connections", async () => {
    let sessions = 0;
    let most = 0;
    const program = await serve(pods[0], (stream) => {
      stream.respond({ ":status": 200 });
      held.push(stream);
      most = Math.max(most, held.length);
      if (held.length === 30) for (const each of held.splice(0)) each.end("ok");
    });
    const held: ServerHttp2Stream[] = [];
    program.server.on("session", (server: ServerHttp2Session) => {
      sessions += 1;
      server.settings({ maxConcurrentStreams: 10 });
    });
    stage.route([program]);
    // The first answers bring the settings along.
    for (let count = 0; count < 2; count += 1) {
      const all = await Promise.all(Array.from({ length: 30 }, () => ask({ ":path": "/" })));
      assert(all.every(({ text }) => text === "ok"));
    }
    assert(sessions >= 3 && sessions <= 8, `${sessions} connections`);
    assert.equal(most, 30);
  });

  test("a reader that does not read holds the pod back, and gets all in the end", async () => {
    const size = 16_000_000;
    const written = { bytes: 0 };
    const program = await serve(pods[0], (stream, headers) => {
      stream.respond({ ":status": 200 });
      if (headers[":method"] === "HEAD") return;
      const write = (): void => {
        while (written.bytes < size) {
          written.bytes += 16_000;
          if (!stream.write(Buffer.alloc(16_000, 1))) return;
        }
        stream.end();
      };
      stream.on("drain", write);
      write();
    });
    stage.route([program]);
    const stream = session.request({ ":path": "/" });
    await once(stream, "response");
    // Another request goes through, and by then the first has stopped.
    const before = written.bytes;
    await ask({ ":path": "/", ":method": "HEAD" });
    assert(before < size / 2, `${before} bytes without a reader`);
    assert.equal((await answerOf(stream, true)).text.length, size);
  });

  test("a client that breaks off too much is left alone, and others are not", async () => {
    const program = await serve(pods[0], (stream) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    stage.route([program]);
    const attacker = connect(`http://127.0.0.1:${stage.door()}`);
    const left = new Promise<void>((resolve) => {
      attacker.on("error", () => resolve());
      attacker.on("close", () => resolve());
    });
    const flood = (): void => {
      for (let count = 0; count < 200 && !attacker.destroyed && !attacker.closed; count += 1) {
        const stream = attacker.request({ ":path": "/" });
        stream.on("error", () => {});
        stream.close(constants.NGHTTP2_CANCEL);
      }
      if (!attacker.destroyed) setImmediate(flood);
    };
    attacker.on("connect", flood);
    await left;
    assert.equal((await ask({ ":path": "/" })).text, "ok");
  });

  test("a route's time is kept: for all tries together, and for each", async () => {
    const silent = await serve(pods[0], () => {});
    stage.route([silent], { requestMs: 50 });
    await stage.metrics();
    const late = await ask({ ":path": "/" });
    assert.deepEqual(
      [late.headers[":status"], late.text],
      [504, "the pod did not answer in time\n"],
    );
    const good = await serve(pods[1], (stream) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    stage.route([silent, good], { tryMs: 50 });
    await stage.metrics();
    for (let count = 0; count < 6; count += 1)
      assert.equal((await ask({ ":path": "/" })).text, "ok");
  });

  test("a deadline of gRPC is kept where its own client does not", async () => {
    const ended = Promise.withResolvers<number>();
    const program = await serve(pods[0], (stream) => {
      stream.on("close", () => ended.resolve(stream.rstCode));
    });
    stage.route([program]);
    const call = { ":method": "POST", "content-type": "application/grpc", "grpc-timeout": "50m" };
    const { headers } = await ask(call, "x");
    assert.deepEqual([headers[":status"], headers["grpc-status"]], [200, "4"]);
    assert.equal(await ended.promise, constants.NGHTTP2_CANCEL);
  });

  test("a pod that fails gets next to nothing", async () => {
    const bad = await serve(pods[0], (stream) => {
      stream.respond({ ":status": 503 }, { endStream: true });
    });
    const good = await serve(pods[1], (stream) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
    });
    stage.route([bad, good], { retries: 0 });
    await stage.metrics();
    const all: (number | undefined)[] = [];
    for (let count = 0; count < 60; count += 1) {
      const answers = await Promise.all([1, 2, 3].map(() => ask({ ":path": "/" })));
      all.push(...answers.map(({ headers }) => headers[":status"]));
    }
    // Five failures in a row leave it out for longer than this takes.
    const failed = all.filter((status) => status === 503).length;
    assert(failed > 0 && failed <= 20, `${failed} of ${all.length}: ${all.join()}`);
  });
});

interface Answer {
  readonly headers: IncomingHttpHeaders & { ":status"?: number };
  readonly trailers: IncomingHttpHeaders;
  readonly text: string;
  readonly code: number;
}

/** All that comes back on a stream. */
async function answerOf(stream: ClientHttp2Stream, hasBegun = false): Promise<Answer> {
  let headers = {};
  let trailers = {};
  let text = "";
  stream.on("error", () => {});
  stream.on("trailers", (fields) => {
    trailers = fields;
  });
  if (!hasBegun) {
    stream.on("response", (fields) => {
      headers = fields;
    });
  }
  stream.setEncoding("latin1");
  stream.on("data", (chunk: string) => {
    text += chunk;
  });
  await new Promise((resolve) => stream.once("close", resolve));
  return { headers, trailers, text, code: stream.rstCode };
}
