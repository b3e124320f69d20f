import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fuzz, mutated } from "../../../test/fuzz.ts";
import {
  dataHead,
  goawayFrame,
  pingFrame,
  rstStreamFrame,
  type SpdyFrame,
  SpdyFramer,
} from "./spdy-framer.ts";
import { SpdyHeaderWriter } from "./spdy-headers.ts";

/** SYN_STREAM as a client sends it. */
export function synStreamFrame(stream: number, block: Buffer, last = false): Buffer {
  const head = Buffer.alloc(18);
  head.writeUInt32BE(0x8003_0001, 0);
  head.writeUInt8(last ? 1 : 0, 4);
  head.writeUIntBE(10 + block.length, 5, 3);
  head.writeUInt32BE(stream, 8);
  return Buffer.concat([head, block]);
}

function conversation(): Buffer {
  const writer = new SpdyHeaderWriter();
  return Buffer.concat([
    synStreamFrame(1, writer.write(new Map([["streamtype", "error"]])), true),
    synStreamFrame(3, writer.write(new Map([["streamtype", "stdin"]]))),
    dataHead(3, 5, false),
    Buffer.from("hello"),
    pingFrame(7),
    dataHead(3, 0, true),
    rstStreamFrame(1, 5),
    goawayFrame(3, 0),
  ]);
}

/** Frames with the pieces of data joined, so that cuts do not matter. */
function joined(frames: readonly SpdyFrame[]): unknown[] {
  const out: (SpdyFrame | { kind: "data"; stream: number; text: string; last: boolean })[] = [];
  for (const frame of frames) {
    const before = out.at(-1);
    if (frame.kind !== "data") out.push(frame);
    else if (before?.kind === "data" && "text" in before && !before.last) {
      before.text += frame.data.toString();
      before.last = frame.last;
    } else {
      const { stream, last } = frame;
      out.push({ kind: "data", stream, text: frame.data.toString(), last });
    }
  }
  return out;
}

describe("SpdyFramer", () => {
  test("reads a conversation, however its bytes are cut", () => {
    const bytes = conversation();
    const whole = joined(new SpdyFramer().read(bytes));
    assert.equal(whole.length, 7);
    for (let size = 1; size < 40; size += 1) {
      const framer = new SpdyFramer();
      const frames: SpdyFrame[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        frames.push(...framer.read(bytes.subarray(at, at + size)));
      }
      // A cut may part the last data from the end of the stream, which then comes alone.
      assert.deepEqual(JSON.stringify(joined(frames)), JSON.stringify(whole), `cut at ${size}`);
    }
  });

  test("stops at a violation and says what it was", () => {
    for (const bytes of [
      Buffer.from("GET / HTTP/1.1\r\n").fill(0xff, 0, 1),
      Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]),
      Buffer.from([0x80, 3, 0, 1, 0, 0, 0, 2, 0, 0]),
      Buffer.from([0x80, 3, 0, 6, 0, 0, 0, 1, 0]),
      Buffer.from([0x80, 3, 0, 8, 0, 0, 0, 5, 0, 0, 0, 1, 9]),
    ]) {
      const framer = new SpdyFramer();
      assert.equal(framer.read(bytes).at(-1)?.kind, "violation");
      assert.deepEqual(framer.read(conversation()), []);
    }
  });
});

const template = conversation();

fuzz("SPDY frames are read, or are a violation that ends it", ["violation", "clean"], (random) => {
  const bytes = mutated(random, [template]);
  const framer = new SpdyFramer();
  let last: SpdyFrame | undefined;
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(64);
    const got = framer.read(Buffer.from(bytes.subarray(at, at + size)));
    const dataBytes = got.reduce(
      (sum, frame) => sum + ("data" in frame ? frame.data.length : 0),
      0,
    );
    assert(dataBytes <= size, "no more data than came");
    assert(got.filter(({ kind }) => kind === "violation").length <= 1);
    last = got.at(-1) ?? last;
    at += size;
  }
  return last?.kind === "violation" ? "violation" : "clean";
});
