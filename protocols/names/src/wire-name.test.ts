import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readName, textOfName } from "./wire-name.ts";

const header = Array.from({ length: 12 }, () => 0);
const bytesOf = (...bytes: readonly number[]): Uint8Array => Uint8Array.from([...header, ...bytes]);

describe("readName", () => {
  test("reads labels to the root", () => {
    const bytes = bytesOf(1, 97, 2, 66, 99, 0, 9);
    assert.deepEqual(readName(bytes, 12), { labels: ["a", "Bc"], next: 18 });
    assert.deepEqual(readName(bytes, 17), { labels: [], next: 18 });
  });

  test("follows pointers backwards, and goes on behind the first", () => {
    const bytes = bytesOf(1, 97, 0, 1, 98, 0xc0, 12, 1, 99, 0xc0, 15);
    assert.deepEqual(readName(bytes, 19), { labels: ["c", "b", "a"], next: 23 });
  });

  for (const [what, bytes] of [
    ["a pointer to itself", [0xc0, 12]],
    ["a pointer to the label before it, in the same name", [1, 97, 0xc0, 12]],
    ["a pointer forwards", [0xc0, 14, 1, 97, 0]],
    ["a pointer into the header", [0xc0, 2]],
    ["half a pointer", [0xc0]],
    ["a label that ends too late", [5, 97, 0]],
    ["a name without its end", [1, 97]],
    ["a label of 64", [64, ...Array.from({ length: 64 }, () => 97), 0]],
    ["a name of 256", [...Array.from({ length: 127 }, () => [1, 97]).flat(), 1, 97, 0]],
  ] as const)
    test(`refuses ${what}`, () => {
      assert.equal(readName(bytesOf(...bytes), 12), undefined);
    });

  test("takes names of 255, not one more", () => {
    const bytes = bytesOf(...Array.from({ length: 127 }, () => [1, 97]).flat(), 0);
    assert.equal(readName(bytes, 12)?.labels.length, 127);
  });

  test("ends for any bytes, within their bounds", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), (bytes, offset) => {
        const name = readName(bytes, offset);
        if (name === undefined) return;
        assert(name.next <= bytes.length);
        assert(name.labels.reduce((sum, { length }) => sum + length + 1, 1) <= 255);
      }),
      { numRuns: 5000 },
    );
  });
});

test("a name is text only if it cannot be taken for another", () => {
  assert.equal(textOfName({ labels: ["_HTTP", "_tcp", "web"], next: 0 }), "_http._tcp.web");
  assert.equal(textOfName({ labels: [], next: 0 }), "");
  assert.equal(textOfName({ labels: ["a.b"], next: 0 }), undefined);
  assert.equal(textOfName({ labels: ["a\u0000"], next: 0 }), undefined);
});
