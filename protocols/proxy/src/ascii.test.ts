import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { bytesOf, isOfClass, joinBytes, skipClass, textOf } from "./ascii.ts";

describe("bytes as text", () => {
  test("go and come back, one character a byte", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.deepEqual(bytesOf(textOf(bytes)), bytes);
      }),
    );
    assert.equal(textOf(bytesOf("a€b")), "a?b");
  });

  test("are of the classes of RFC 9110, section 5.6.2", () => {
    const tokens = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) =>
      isOfClass(byte, "token"),
    );
    assert.match(textOf(Uint8Array.from(tokens)), /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{77}$/u);
    for (const byte of [0, 10, 13, 31, 127]) assert(!isOfClass(byte, "value"), String(byte));
    for (const byte of [9, 32, 126, 128, 255]) assert(isOfClass(byte, "value"), String(byte));
    assert(!isOfClass(32, "target"));
  });

  test("are skipped while they are of a class, and not beyond the end", () => {
    const bytes = bytesOf("GET /");
    assert.equal(skipClass(bytes, 0, 5, "token"), 3);
    assert.equal(skipClass(bytes, 0, 2, "token"), 2);
  });

  test("are joined in order; one piece is not copied", () => {
    assert.equal(textOf(joinBytes([bytesOf("ab"), bytesOf(""), bytesOf("c")])), "abc");
    const only = bytesOf("x");
    assert.equal(joinBytes([only]), only);
  });
});
