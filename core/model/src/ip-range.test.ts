import assert from "node:assert/strict";
import { isIP } from "node:net";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isInIpRange, parseIpAddress, parseIpRange } from "./ip-range.ts";

describe("addresses", () => {
  test("are read as numbers", () => {
    assert.deepEqual(parseIpAddress("10.0.0.1"), { bits: 32, value: 0x0a_00_00_01n });
    assert.deepEqual(parseIpAddress("::1"), { bits: 128, value: 1n });
    assert.deepEqual(parseIpAddress("::"), { bits: 128, value: 0n });
    assert.deepEqual(parseIpAddress("fd00::10.0.0.1"), parseIpAddress("fd00::a00:1"));
    assert.equal(parseIpAddress("1:2:3:4:5:6:7:8")?.value, 0x1_0002_0003_0004_0005_0006_0007_0008n);
  });

  test("are those that the host takes", () => {
    const piece = fc.constantFrom("", ":", "::", ".", "0", "1", "01", "255", "256", "a", "fd00");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const text = pieces.join("");
        assert.equal(parseIpAddress(text) !== undefined, isIP(text) !== 0, text);
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        assert(parseIpAddress(text), text);
      }),
    );
  });
});

describe("ranges", () => {
  test("hold what begins like them", () => {
    const holds = (range: string, address: string): boolean => {
      const [inside, at] = [parseIpRange(range), parseIpAddress(address)];
      assert(inside && at);
      return isInIpRange(inside, at);
    };
    assert(holds("10.1.0.0/16", "10.1.255.255"));
    assert(!holds("10.1.0.0/16", "10.2.0.0"));
    assert(holds("10.1.2.3/16", "10.1.0.0"), "bits behind the prefix do not matter");
    assert(holds("0.0.0.0/0", "255.255.255.255"));
    assert(!holds("0.0.0.0/0", "::1"));
    assert(holds("2001:db8::/32", "2001:db8:ffff::1"));
    assert(holds("::/0", "fd00::1"));
    assert(holds("10.0.0.1/32", "10.0.0.1"));
  });

  for (const text of ["", "10.0.0.0", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8"]) {
    test(`are not ${JSON.stringify(text)}`, () => assert.equal(parseIpRange(text), undefined));
  }
});
