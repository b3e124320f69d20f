import assert from "node:assert/strict";
import { isIPv4 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { podAddress } from "./pod-address.ts";

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
