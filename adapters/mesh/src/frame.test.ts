import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { encodeFrame, FrameReader } from "./frame.ts";

describe("frames", () => {
  test("come out as they went in, however the bytes are cut", () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 6 });
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 20 }), (sent, cut) => {
        const bytes = Buffer.concat(sent.map(encodeFrame));
        const received: number[][] = [];
        const reader = new FrameReader(50, (body) => received.push([...body]));
        for (let at = 0; at < bytes.length; at += cut) reader.push(bytes.subarray(at, at + cut));
        assert.deepEqual(
          received,
          sent.map((body) => [...body]),
        );
        assert(!reader.isWithinFrame);
      }),
    );
  });

  test("over the limit are refused by their header", () => {
    const reader = new FrameReader(10, () => assert.fail("no frame"));
    assert(!reader.push(encodeFrame(new Uint8Array(11)).subarray(0, 4)));
  });

  test("that are cut off are known", () => {
    const reader = new FrameReader(10, () => assert.fail("no frame"));
    assert(reader.push(encodeFrame(new Uint8Array(5)).subarray(0, 8)));
    assert(reader.isWithinFrame);
  });
});
