import assert from "node:assert/strict";
import { test } from "node:test";
import { readSocketAddresses, socketAddressText } from "./socket-address.ts";

test("addresses are read as they were written", () => {
  const addresses = [
    { host: "10.0.0.1", port: 7947 },
    { host: "2001:db8::1", port: 1 },
  ];
  const text = addresses.map(socketAddressText).join(",");
  assert.equal(text, "10.0.0.1:7947,[2001:db8::1]:1");
  assert.deepEqual(readSocketAddresses(text, false), addresses);
});

test("what is no address, or means another place on each machine, is left out", () => {
  const text =
    "x:1,10.0.0.1:0,10.0.0.1:70000,10.0.0.1,,127.0.0.1:5,[::1]:5,169.254.1.1:5,[fe80::1]:5";
  assert.deepEqual(readSocketAddresses(text, false), []);
  assert.deepEqual(readSocketAddresses("127.0.0.1:5", true), [{ host: "127.0.0.1", port: 5 }]);
  assert.equal(readSocketAddresses("10.0.0.1:1,".repeat(100), false).length, 8);
});
