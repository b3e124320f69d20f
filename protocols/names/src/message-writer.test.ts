import assert from "node:assert/strict";
import { test } from "node:test";
import { MessageWriter } from "./message-writer.ts";
import { readName } from "./wire-name.ts";

test("a name is written once, then pointed to by its ends", () => {
  const writer = new MessageWriter(200);
  writer.bytes(new Uint8Array(12));
  assert(writer.name("web.shop.local"));
  const first = writer.length;
  assert(writer.name("db.shop.local"));
  assert.equal(writer.length - first, 3 + 2);
  assert.deepEqual(readName(writer.finish(), first)?.labels, ["db", "shop", "local"]);
  const second = writer.length;
  assert(writer.name("web.shop.local", false));
  assert.equal(writer.length - second, 16);
});

test("names noted elsewhere are pointed to", () => {
  const writer = new MessageWriter(200);
  writer.bytes(new Uint8Array(12));
  writer.bytes(Uint8Array.from([1, 97, 2, 98, 99, 0]));
  writer.noteName("a.bc", 12);
  assert(writer.name("bc"));
  assert.deepEqual(writer.finish().slice(-2), Uint8Array.from([0xc0, 14]));
});

test("what does not fit leaves no trace", () => {
  const writer = new MessageWriter(8);
  assert(writer.attempt(() => writer.name("abc")));
  assert(!writer.attempt(() => writer.name("def.abc")));
  assert(!writer.attempt(() => writer.name("") && false));
  assert.equal(writer.length, 5);
  assert(
    writer.attempt(() => writer.name("d")),
    "a failed name is pointed to by nobody",
  );
  assert.deepEqual([...writer.finish()], [3, 97, 98, 99, 0, 1, 100, 0]);
});

test("numbers are big-endian, and names have limits", () => {
  const writer = new MessageWriter(100);
  writer.number(0x01_02_03_04, 4);
  writer.number(0xff_fe, 2);
  writer.patch(4, 0x05_06);
  assert.deepEqual([...writer.finish()], [1, 2, 3, 4, 5, 6]);
  for (const name of ["a..b", ".a", "x".repeat(64), "a.".repeat(130)]) assert(!writer.name(name));
});
