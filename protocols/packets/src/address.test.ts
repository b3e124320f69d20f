import assert from "node:assert/strict";
import { SocketAddress } from "node:net";
import { describe, test } from "node:test";
import fc from "fast-check";
import { addressBytes, addressText } from "./address.ts";

describe("addresses", () => {
  for (const text of [
    "10.1.2.3",
    "255.255.255.255",
    "::",
    "::1",
    "fd00:96::7",
    "2001:db8::1:0:0:1",
    "1:0:2:3:4:5:6:7",
    "1::",
  ])
    test(`${text} is written as it is read`, () => {
      const bytes = addressBytes(text);
      assert(bytes);
      assert.equal(addressText(bytes), text);
    });

  test("any IPv6 address has the text that the system gives it", () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 65_535 }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        // An address of the old one within the new has a form of its own, which nobody dials.
        fc.pre(groups.slice(0, 5).some((value) => value !== 0));
        const long = groups.map((value) => value.toString(16)).join(":");
        const { address } = new SocketAddress({ address: long, family: "ipv6", port: 0 });
        assert.equal(addressText(addressBytes(long) ?? new Uint8Array()), address);
      }),
    );
  });

  for (const text of [
    "",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.x",
    "::1::",
    "1:2",
    "1:2:3:4:5:6:7:8:9",
    ":g",
  ])
    test(`${JSON.stringify(text)} is none`, () => assert.equal(addressBytes(text), undefined));
});
