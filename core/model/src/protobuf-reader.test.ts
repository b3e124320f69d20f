import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ProtobufReader } from "./protobuf-reader.ts";

function readAll(...bytes: readonly number[]): { fields: unknown[]; isBroken: boolean } {
  const reader = new ProtobufReader(Uint8Array.from(bytes));
  const fields: unknown[] = [];
  for (let field = reader.next(); field !== undefined; field = reader.next()) fields.push(field);
  return { fields, isBroken: reader.isBroken };
}

describe("ProtobufReader", () => {
  test("reads numbers, bytes and doubles, and passes over 32-bit values", () => {
    const one = [0, 0, 0, 0, 0, 0, 0xf0, 0x3f];
    assert.deepEqual(readAll(0x08, 0x96, 0x01, 0x25, 1, 2, 3, 4, 0x12, 1, 7, 0x19, ...one), {
      fields: [
        { number: 1, value: { kind: "varint", integer: 150n } },
        { number: 2, value: { kind: "bytes", bytes: Uint8Array.of(7) } },
        { number: 3, value: { kind: "fixed64", double: 1 } },
      ],
      isBroken: false,
    });
  });

  test("reads negative numbers", () => {
    const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert.deepEqual(readAll(0x08, ...minusOne).fields, [
      { number: 1, value: { kind: "varint", integer: -1n } },
    ]);
  });

  for (const [title, bytes] of [
    ["an endless number", [0x08, ...Array.from({ length: 11 }, () => 0xff)]],
    ["a number cut off", [0x08, 0x80]],
    ["bytes cut off", [0x12, 5, 1]],
    ["a double cut off", [0x19, 1]],
    ["a group", [0x0b]],
    ["bytes of a huge length", [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ] as const) {
    test(`says that it is broken by ${title}`, () => assert(readAll(...bytes).isBroken));
  }
});
