import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameSplitter } from "./frames.ts";

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test("FrameSplitter takes frames apart, wherever the pieces are cut", () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string()), { maxLength: 8 });
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 30 }), (list, size) => {
      let errorOutput = "";
      const splitter = new FrameSplitter((piece) => {
        errorOutput += piece.toString("latin1");
      });
      const bytes = Buffer.concat(list.map(([stream, text]) => frame(stream, text)));
      let output = "";
      for (let at = 0; at < bytes.length; at += size) {
        splitter.write(bytes.subarray(at, at + size));
        for (let piece = splitter.read(); piece !== null; piece = splitter.read())
          output += piece.toString("latin1");
      }
      const expected = (wanted: number): string =>
        list
          .filter(([stream]) => stream === wanted)
          .map(([, text]) => Buffer.from(text).toString("latin1"))
          .join("");
      assert.equal(output, expected(1));
      assert.equal(errorOutput, expected(2));
    }),
  );
});

test("FrameSplitter refuses a length that nobody sends", async () => {
  const splitter = new FrameSplitter(() => {});
  const failed = new Promise<Error>((resolve) => splitter.once("error", resolve));
  splitter.write(Buffer.from("this is no frame at all"));
  assert.match((await failed).message, /Cannot read output/u);
});
