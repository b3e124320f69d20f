import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, constants, createServer, type ServerHttp2Stream } from "node:http2";
import { Duplex, type DuplexOptions } from "node:stream";
import { describe, test } from "node:test";
import fc from "fast-check";
import { bytesOf, joinBytes } from "./ascii.ts";
import { Http2Watch } from "./http2-watch.ts";
import { http2Preface } from "./sniff.ts";

/** A frame of RFC 9113, section 4.1. */
function frame(type: number, flags: number, stream: number, payload = ""): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, payload.length * 256 + type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  bytes.set(bytesOf(payload), 9);
  return bytes;
}

const connection = joinBytes([
  http2Preface,
  frame(4, 0, 0, "\0\x03\0\0\0\x64"),
  frame(1, 4, 1, "\x82\x86\x84\x5f\x10application/grpc"),
  frame(0, 1, 1, "hello"),
  frame(1, 5, 3, "\x82"),
  frame(3, 0, 3, "\0\0\0\x08"),
  frame(7, 0, 0, "\0\0\0\x03\0\0\0\0"),
]);
const expected = { streams: 2, ended: 2, resets: 1, goAways: 1, frames: 6, dataBytes: 5 };

describe("Http2Watch", () => {
  test("counts the same however the frames are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(connection.length), { maxLength: 9 }), (places) => {
        const ends = [0, ...places, connection.length].toSorted((a, b) => a - b);
        const watch = new Http2Watch("client");
        for (const [index, end] of ends.entries()) {
          watch.read(connection.subarray(ends[index - 1] ?? 0, end));
        }
        assert.deepEqual(watch.counts, expected);
        assert(watch.isGrpc && !watch.isLost);
      }),
    );
  });

  test("says when it is no HTTP/2, and counts no further", () => {
    const noPreface = new Http2Watch("client");
    noPreface.read(frame(4, 0, 0));
    assert(noPreface.isLost);
    const noStream = new Http2Watch("server");
    noStream.read(joinBytes([frame(0, 0, 0, "x"), frame(0, 0, 1, "x")]));
    assert(noStream.isLost);
    assert.equal(noStream.counts.frames, 1);
  });

  test("sees in Node's own HTTP/2 what there is to see", async () => {
    const { client, server } = await traffic("application/grpc+proto");
    assert(client.isGrpc && server.isGrpc, "in Huffman's code");
    assert.deepEqual([client.counts.streams, client.counts.ended], [2, 2]);
    assert.deepEqual([server.counts.streams, server.counts.ended], [2, 2]);
    assert.equal(client.counts.dataBytes, 10);
    assert(client.counts.goAways > 0 && !client.isLost && !server.isLost);
    const other = await traffic("application/grapes");
    assert(!other.client.isGrpc && !other.server.isGrpc);
  });
});

/** Two requests over Node's client and server, and what two watches saw of them. */
async function traffic(
  type: string,
): Promise<{ readonly client: Http2Watch; readonly server: Http2Watch }> {
  const watches = { client: new Http2Watch("client"), server: new Http2Watch("server") };
  const [near, far] = pairOf(watches);
  const server = createServer();
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.resume();
    stream.respond({ [constants.HTTP2_HEADER_CONTENT_TYPE]: type });
    stream.end("ok");
  });
  server.emit("connection", far);
  const session = connect("http://pod", { createConnection: () => near });
  for (const body of ["hello", "again"]) {
    const stream = session.request({ ":method": "POST", ":path": "/", "content-type": type });
    stream.resume();
    stream.end(body);
    await once(stream, "close");
  }
  session.close();
  await once(session, "close");
  return watches;
}

/** Two ends of one connection in memory; what is written passes the writer's watch. */
function pairOf(watches: {
  readonly client: Http2Watch;
  readonly server: Http2Watch;
}): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const optionsOf = (other: number, watch: Http2Watch): DuplexOptions => ({
    read: () => {},
    write: (data: Buffer, _encoding, done) => {
      watch.read(data);
      ends[other]?.push(Buffer.from(data));
      done();
    },
    final: (done) => {
      ends[other]?.push(null);
      done();
    },
  });
  const near = new Duplex(optionsOf(1, watches.client));
  const far = new Duplex(optionsOf(0, watches.server));
  ends.push(near, far);
  return [near, far];
}
