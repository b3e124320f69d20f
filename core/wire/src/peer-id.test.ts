import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { peerIdOf, publicKeyOf } from "./peer-id.ts";

test("a peer ID names its key, and begins with 12D3KooW", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
      const peer = peerIdOf(key);
      assert.match(peer, /^12D3KooW/u);
      assert.deepEqual(publicKeyOf(peer), Uint8Array.from(key));
    }),
  );
});

test("the peer ID of the example key of the libp2p specification", () => {
  const key = "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e";
  assert.equal(
    peerIdOf(Buffer.from(key, "hex")),
    "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq",
  );
});

test("other text names no key", () => {
  for (const text of ["", "ann", "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"]) {
    assert.equal(publicKeyOf(text), undefined);
  }
});
