import assert from "node:assert/strict";
import { isIP, isIPv4 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { podAddress, podAddress6 } from "./pod-address.ts";

test("podAddress gives a valid address, the same each time, and never one that is taken", () => {
  fc.assert(
    fc.property(fc.string(), (uid) => {
      const address = podAddress(uid, 127, () => false);
      assert(isIPv4(address) && address.startsWith("127."));
      assert.equal(
        podAddress(uid, 127, () => false),
        address,
      );
      assert.notEqual(
        podAddress(uid, 127, (other) => other === address),
        address,
      );
    }),
  );
});

test("podAddress6 gives a unique local address, the same each time", () => {
  const addresses = new Set(Array.from({ length: 1000 }, (_, index) => podAddress6(`u${index}`)));
  assert.equal(addresses.size, 1000);
  for (const address of addresses) assert.equal(isIP(address), 6);
  assert.equal(podAddress6("u1"), podAddress6("u1"));
});
