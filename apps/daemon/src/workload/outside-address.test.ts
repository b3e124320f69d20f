import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { innerFault } from "./outside-address.ts";

const own = { addresses: ["192.0.2.7", "2001:db8::7"], ports: [6443, 8080] };

describe("innerFault", () => {
  for (const address of [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "100.100.100.200",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "0:0:0:0:0:0:0:1",
    "localhost",
    "",
  ])
    test(`keeps pods from ${address}`, () => {
      assert.notEqual(innerFault(address, 80, own), undefined);
    });

  for (const address of ["192.0.2.8", "10.0.0.1", "2001:db8::8", "8.8.8.8", "::ffff:8.8.8.8"])
    test(`lets pods reach ${address}`, () => {
      assert.equal(innerFault(address, 6443, own), undefined);
    });

  test("closes the machine's doors, and no other port of its addresses", () => {
    for (const address of ["192.0.2.7", "2001:db8:0::7", "::ffff:192.0.2.7"]) {
      assert.notEqual(innerFault(address, 6443, own), undefined, address);
      assert.equal(innerFault(address, 22, own), undefined, address);
    }
  });
});
