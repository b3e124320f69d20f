import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSocketAddress, socketAddress } from "./socket-address.ts";

describe("the address of a socket", () => {
  for (const ip of ["127.0.0.1", "10.96.0.10", "::1", "::", "fd00:96::7", "1:2:3:4:5:6:7:8"])
    test(`of ${ip} is read as it was written`, () => {
      assert.deepEqual(readSocketAddress(socketAddress(ip, 65_535)), { ip, port: 65_535 });
    });

  test("is laid out as ip(7) and ipv6(7) say", () => {
    assert.deepEqual([...socketAddress("1.2.3.4", 258).subarray(0, 8)], [2, 0, 1, 2, 1, 2, 3, 4]);
    const six = socketAddress("::ffff:1.2.3.4", 258);
    assert.deepEqual([...six.subarray(0, 8)], [10, 0, 1, 2, 0, 0, 0, 0]);
    assert.deepEqual([...six.subarray(18, 24)], [255, 255, 1, 2, 3, 4]);
  });

  for (const ip of ["", "localhost", "1.2.3", "fe80::1%eth0"])
    test(`is none of ${JSON.stringify(ip)}`, () => {
      assert.throws(() => socketAddress(ip, 1), { code: "kernel-refused" });
    });

  test("is empty of another family", () => {
    assert.deepEqual(readSocketAddress(Buffer.from([1, 0, 0, 0])), { ip: "", port: 0 });
  });
});
