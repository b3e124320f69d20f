import assert from "node:assert/strict";
import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { describe, test } from "node:test";
import { synStreamFrame } from "./spdy-framer.test.ts";
import { dataHead, goawayFrame, pingFrame, rstStreamFrame } from "./spdy-framer.ts";
import { SpdyHeaderWriter } from "./spdy-headers.ts";
import { SpdySession, type SpdyStream } from "./spdy-session.ts";

/** A client that writes frames by hand, and a session that keeps what it is given. */
class Client {
  readonly socket: Duplex;
  readonly streams: SpdyStream[] = [];
  readonly session: SpdySession;
  readonly #headers = new SpdyHeaderWriter();
  #got = Buffer.alloc(0);

  constructor(streamsMax = 10, takes = true) {
    const [client, server] = duplexPair();
    this.socket = client;
    client.on("data", (chunk: Buffer) => {
      this.#got = Buffer.concat([this.#got, chunk]);
    });
    this.session = new SpdySession(server, {
      streamsMax,
      onStream: (stream) => {
        this.streams.push(stream);
        return takes;
      },
    });
  }

  open(id: number, last = false): void {
    this.socket.write(synStreamFrame(id, this.#headers.write(new Map([["a", "b"]])), last));
  }

  data(id: number, text: string, last = false): void {
    this.socket.write(dataHead(id, text.length, last));
    this.socket.write(text);
  }

  /** Waits until the server has sent the bytes. */
  async got(bytes: Buffer | string): Promise<void> {
    while (!this.#got.includes(bytes)) await once(this.socket, "data");
  }

  async stream(): Promise<SpdyStream> {
    while (this.streams.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const [stream] = this.streams;
    assert(stream);
    return stream;
  }
}

describe("SpdySession", () => {
  test("carries a stream both ways, each direction ending for itself", async () => {
    const client = new Client();
    client.open(1);
    client.data(1, "hello", true);
    const stream = await client.stream();
    assert.equal(stream.headers.get("a"), "b");
    const chunks: Buffer[] = [];
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), "hello");
    stream.write("answer");
    await client.got(Buffer.concat([dataHead(1, 6, false), Buffer.from("answer")]));
    stream.end();
    await client.got(dataHead(1, 0, true));
  });

  test("answers pings of the client only", async () => {
    const client = new Client();
    client.socket.write(pingFrame(2));
    client.socket.write(pingFrame(5));
    await client.got(pingFrame(5));
    await assert.rejects(Promise.race([client.got(pingFrame(2)), Promise.reject(new Error("no"))]));
  });

  test("refuses streams beyond the limit, and those that nobody wants", async () => {
    const client = new Client(1);
    client.open(1);
    client.open(3);
    await client.got(rstStreamFrame(3, 3));
    const unwanted = new Client(1, false);
    unwanted.open(1);
    await unwanted.got(rstStreamFrame(1, 3));
  });

  test("ends the connection on even, falling or doubled stream numbers", async () => {
    for (const ids of [[2], [3, 1], [1, 1]]) {
      const client = new Client();
      for (const id of ids) client.open(id);
      await client.got(goawayFrame(ids.length === 1 ? 0 : (ids[0] ?? 0), 1));
      if (!client.socket.readableEnded) await once(client.socket, "end");
    }
  });

  test("a stream that the client resets is gone, and one that is destroyed is reset", async () => {
    const client = new Client();
    client.open(1);
    const stream = await client.stream();
    client.socket.write(rstStreamFrame(1, 5));
    await once(stream, "close");
    client.streams.length = 0;
    client.open(3);
    (await client.stream()).destroy();
    await client.got(rstStreamFrame(3, 5));
  });

  test("stops reading while nobody takes what came, so that memory is bounded", async () => {
    const client = new Client();
    client.open(1);
    const stream = await client.stream();
    let written = 0;
    while (written < 50_000_000) {
      client.socket.write(dataHead(1, 100_000, false));
      written += 100_000;
      if (!client.socket.write(Buffer.alloc(100_000))) {
        const drained = await Promise.race([
          once(client.socket, "drain"),
          new Promise((resolve) => setTimeout(resolve, 30, "stuck")),
        ]);
        if (drained === "stuck") break;
      }
    }
    assert(written < 2_000_000, `${written} bytes were taken`);
    assert(stream.readableLength < 1_000_000);
    stream.resume();
    await once(client.socket, "drain");
  });

  test("closes its streams when the connection closes", async () => {
    const client = new Client();
    client.open(1);
    const stream = await client.stream();
    client.session.destroy();
    await once(stream, "close");
  });
});
