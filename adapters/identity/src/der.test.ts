import assert from "node:assert/strict";
import { test } from "node:test";
import { bitString, context, der, integer, objectId, sequence, time, utf8 } from "./der.ts";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

test("DER of the examples of X.690 and RFC 5280", () => {
  assert.equal(hex(objectId("1.2.840.10045.4.3.2")), "06082a8648ce3d040302");
  assert.equal(hex(objectId("2.999.3")), "0603883703");
  assert.equal(hex(integer(Uint8Array.of(0))), "020100");
  assert.equal(hex(integer(Uint8Array.of(0, 127))), "02017f");
  assert.equal(hex(integer(Uint8Array.of(128))), "02020080");
  assert.equal(hex(utf8("ab")), "0c026162");
  assert.equal(hex(sequence(integer(Uint8Array.of(1)))), "3003020101");
  assert.equal(hex(bitString(Uint8Array.of(6), 1)), "03020106");
  assert.equal(hex(context(2, false, Buffer.from("a"))), "820161");
});

test("long values have long lengths", () => {
  assert.equal(hex(der(0x04, new Uint8Array(200))).slice(0, 6), "0481c8");
  assert.equal(hex(der(0x04, new Uint8Array(500))).slice(0, 8), "048201f4");
});

test("years from 2050 on have four digits", () => {
  assert.equal(
    Buffer.from(time(Date.UTC(2026, 0, 2, 3, 4, 5)))
      .toString()
      .slice(2),
    "260102030405Z",
  );
  assert.equal(
    Buffer.from(time(Date.UTC(2050, 0, 2, 3, 4, 5)))
      .toString()
      .slice(2),
    "20500102030405Z",
  );
});
