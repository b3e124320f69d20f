import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, peerText, podText } from "./peer.ts";
import { address, nameOf, peerOf, podOf } from "./village.ts";

test("peers are told in words", () => {
  assert.equal(podText(podOf("shop/web")), "shop/web");
  const texts = [peerOf("a/b"), address("10.0.0.1"), nameOf("x.example")].map(peerText);
  assert.deepEqual(texts, ["a/b", "10.0.0.1", "x.example"]);
});

test("an IPv4 address written as IPv6 is the IPv4 address", () => {
  assert.deepEqual(addressOf("::ffff:10.0.0.1"), addressOf("10.0.0.1"));
  assert.deepEqual(addressOf("::1"), { bits: 128, value: 1n });
  assert.equal(addressOf("x"), undefined);
});
