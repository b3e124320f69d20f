import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { constants, createDeflate, createInflate } from "node:zlib";
import { spdyDictionary } from "./spdy-dictionary.ts";
import { SpdyHeaderReader, SpdyHeaderWriter } from "./spdy-headers.ts";

/** Header blocks as another implementation makes them: one zlib stream, flushed after each. */
async function deflateBlocks(...texts: Buffer[]): Promise<Buffer[]> {
  const deflate = createDeflate({ dictionary: spdyDictionary, level: 9 });
  let pieces: Buffer[] = [];
  deflate.on("data", (piece: Buffer) => pieces.push(piece));
  const blocks: Buffer[] = [];
  for (const text of texts) {
    deflate.write(text);
    await new Promise<void>((done) => deflate.flush(constants.Z_SYNC_FLUSH, done));
    blocks.push(Buffer.concat(pieces));
    pieces = [];
  }
  deflate.destroy();
  return blocks;
}

function plain(...pairs: string[]): Buffer {
  const parts: Buffer[] = [];
  for (const text of pairs) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(text));
    parts.push(length, Buffer.from(text));
  }
  const count = Buffer.alloc(4);
  count.writeUInt32BE(pairs.length / 2);
  return Buffer.concat([count, ...parts]);
}

describe("SpdyHeaderReader", () => {
  test("reads a long conversation that another zlib compressed", async () => {
    const texts = Array.from({ length: 2000 }, (_, index) =>
      plain("streamtype", index % 2 === 0 ? "error" : "data", "requestid", String(index >> 1)),
    );
    const reader = new SpdyHeaderReader();
    for (const [index, block] of (await deflateBlocks(...texts)).entries()) {
      assert.equal(reader.read(block)?.get("requestid"), String(index >> 1));
    }
  });

  test("refuses a bomb, a doubled name, a wrong dictionary, a cut block", async () => {
    const [bomb] = await deflateBlocks(plain("a", "x".repeat(1_000_000)));
    const [doubled] = await deflateBlocks(plain("a", "1", "a", "2"));
    assert(bomb && doubled);
    const wrong = Buffer.from(doubled);
    wrong[3] = 0;
    for (const block of [bomb, doubled, wrong, doubled.subarray(0, 9), Buffer.alloc(0)]) {
      assert.equal(new SpdyHeaderReader().read(block), undefined);
    }
  });
});

test("SpdyHeaderWriter's blocks are read by another zlib, each at once", async () => {
  const writer = new SpdyHeaderWriter();
  const inflate = createInflate({ dictionary: spdyDictionary });
  for (const value of ["one", "two", ""]) {
    inflate.write(writer.write(new Map([["name", value]])));
    const [text]: unknown[] = await once(inflate, "data");
    assert.deepEqual(text, plain("name", value));
  }
  inflate.destroy();
});

test("SpdyHeaderReader reads what SpdyHeaderWriter writes", () => {
  const writer = new SpdyHeaderWriter();
  const reader = new SpdyHeaderReader();
  for (const value of ["a", "b", "c"]) {
    const headers = new Map([["streamtype", value]]);
    assert.deepEqual(reader.read(writer.write(headers)), headers);
  }
});
