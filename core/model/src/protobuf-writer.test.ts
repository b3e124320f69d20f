import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProtobufReader } from "./protobuf-reader.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

test("writes what the encoding's own guide shows", () => {
  const writer = new ProtobufWriter();
  writer.integer(1, 150);
  writer.text(2, "testing");
  const expected = "089601120774657374696e67";
  assert.equal(Buffer.from(writer.bytes).toString("hex"), expected);
});

test("what is written is read again, however long", () => {
  const numbers = fc.integer({ min: 1, max: 500 });
  fc.assert(
    fc.property(numbers, fc.string(), fc.nat(), fc.double(), (number, text, whole, double) => {
      const writer = new ProtobufWriter();
      writer.message(number, (inner) => {
        inner.text(1, text);
        inner.integer(2, whole);
        inner.double(3, double);
        inner.bool(4, true);
      });
      const outer = new ProtobufReader(writer.bytes).next();
      assert(outer?.value.kind === "bytes" && outer.number === number);
      const reader = new ProtobufReader(outer.value.bytes);
      const values = [1, 2, 3, 4].map(() => reader.next()?.value);
      assert.equal(reader.next(), undefined);
      const [first, second, third, fourth] = values;
      assert(first?.kind === "bytes" && third?.kind === "fixed64");
      assert.equal(Buffer.from(first.bytes).toString(), Buffer.from(text).toString());
      assert(second?.kind === "varint" && fourth?.kind === "varint");
      assert.deepEqual([second.integer, fourth.integer], [BigInt(whole), 1n]);
      assert.equal(third.double, double);
    }),
  );
});
