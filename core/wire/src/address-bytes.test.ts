import assert from "node:assert/strict";
import { isIP } from "node:net";
import { describe, test } from "node:test";
import fc from "fast-check";
import { addressBytes, addressText } from "./address-bytes.ts";

describe("addresses", () => {
  for (const [text, bytes] of [
    ["10.0.0.255", [10, 0, 0, 255]],
    ["::", Array.from({ length: 16 }, () => 0)],
    ["::1", [...Array.from({ length: 15 }, () => 0), 1]],
    ["fd00::a00:1", [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1]],
    ["2001:db8:0:1:1:1:1:1", [0x20, 1, 13, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]],
  ] as const)
    test(`are written and read: ${text}`, () => {
      assert.deepEqual([...(addressBytes(text) ?? [])], bytes);
      assert.equal(addressText(Uint8Array.from(bytes)), text);
    });

  test("of IPv6 may end as IPv4", () => {
    assert.deepEqual(addressBytes("fd00::10.0.0.1"), addressBytes("fd00::a00:1"));
  });

  test("are those that the host takes", () => {
    const piece = fc.constantFrom("", ":", "::", ".", "0", "1", "01", "255", "256", "a", "fd00");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const text = pieces.join("");
        assert.equal(addressBytes(text)?.length ?? 0, { 0: 0, 4: 4, 6: 16 }[isIP(text)], text);
      }),
      { numRuns: 5000 },
    );
  });

  test("come back from their text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 }),
        (bytes) => {
          assert.deepEqual([...(addressBytes(addressText(Uint8Array.from(bytes))) ?? [])], bytes);
        },
      ),
    );
  });
});
