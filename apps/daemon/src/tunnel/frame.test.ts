import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import fc from "fast-check";
import { channels, encodeFrames, type Frame, FrameReader, payloadBytesMax } from "./frame.ts";

/** Reads bytes in pieces of `size`. */
function readInPieces(bytes: Buffer, size: number): Frame[] {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for (let start = 0; start < bytes.length; start += size) {
    frames.push(...(reader.read(bytes.subarray(start, start + size)) ?? []));
  }
  return frames;
}

describe("frames", () => {
  test("come out as they went in, however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        (bytes, size) => {
          const sent = Buffer.concat([
            encodeFrames(channels.stdout, bytes),
            encodeFrames(channels.exit, Buffer.from("0")),
          ]);
          const frames = readInPieces(sent, size);
          assert.deepEqual(frames.at(0)?.payload, Buffer.from(bytes));
          assert.equal(frames.at(1)?.channel, channels.exit);
        },
      ),
    );
  });

  test("cut a long payload", () => {
    const frames = readInPieces(
      encodeFrames(channels.stdin, Buffer.alloc(payloadBytesMax + 1)),
      99_999,
    );
    assert.deepEqual(
      frames.map(({ payload }) => payload.length),
      [payloadBytesMax, 1],
    );
  });

  test("refuse an unknown channel and a length over the limit", () => {
    assert.equal(new FrameReader().read(Buffer.from([9, 0, 0, 0, 0])), undefined);
    assert.equal(new FrameReader().read(Buffer.from([1, 255, 255, 255, 255])), undefined);
  });
});
