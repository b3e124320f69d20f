import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseBytes,
  parseCpuMillicores,
  parseQuantity,
} from "./quantity.ts";

describe("canonicalQuantity", () => {
  for (const [text, canonical] of [
    ["0", "0"],
    ["0Ki", "0"],
    [1, "1"],
    [0.5, "500m"],
    ["0.5", "500m"],
    ["1.5", "1500m"],
    ["1000m", "1"],
    ["1500m", "1500m"],
    ["1000", "1k"],
    ["1024Ki", "1Mi"],
    ["1.5Gi", "1536Mi"],
    ["1025Ki", "1025Ki"],
    ["0.5Ki", "512"],
    ["2e3", "2e3"],
    ["12e6", "12e6"],
    ["5E", "5E"],
    ["-1.5", "-1500m"],
    ["+5", "5"],
    ["100n", "100n"],
    ["0.1n", "1n"],
    [".5", "500m"],
    ["5.", "5"],
    ["1Ei", "1Ei"],
    ["9999999999E", "9223372036854775807"],
  ] as const) {
    test(`writes ${text} as ${canonical}`, () => {
      assert.equal(canonicalQuantity(text), canonical);
    });
  }

  for (const text of ["", ".", "m", "1.2.3", "1ki", "1 Gi", "1KI", "ten", "1e", "0x10", "1mi"]) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseQuantity(text), undefined);
      assert.equal(canonicalQuantity(text), text);
    });
  }

  test("gives text that reads as the same quantity and is its own canonical form", () => {
    const suffix = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3");
    fc.assert(
      fc.property(fc.integer(), fc.nat(999_999), suffix, (whole, fraction, unit) => {
        const quantity = parseQuantity(`${whole}.${fraction}${unit}`);
        assert(quantity);
        const text = formatQuantity(quantity);
        assert.equal(parseQuantity(text)?.nano, quantity.nano);
        assert.equal(canonicalQuantity(text), text);
      }),
    );
  });

  test("never fails, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        canonicalQuantity(text);
      }),
    );
  });
});

describe("reading", () => {
  test("CPU in millicores, rounded up", () => {
    assert.deepEqual(
      ["2", "0.5", "250m", 1, "100u", "-1", "x", undefined].map(parseCpuMillicores),
      [2000, 500, 250, 1000, 1, undefined, undefined, undefined],
    );
  });

  test("bytes, rounded up and capped", () => {
    assert.deepEqual(["64Mi", "1k", 12, "100m", "7Ei", null].map(parseBytes), [
      67_108_864,
      1000,
      12,
      1,
      Number.MAX_SAFE_INTEGER,
      undefined,
    ]);
  });

  test("compares exactly", () => {
    const [half, same, more] = ["500m", "0.5", "0.500000001"].map(parseQuantity);
    assert(half && same && more);
    assert.equal(compareQuantities(half, same), 0);
    assert(compareQuantities(half, more) < 0);
    assert(compareQuantities(more, half) > 0);
  });
});
