import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import fc from "fast-check";
import { peerRefText, readPeerRefClaim, readSignedPeerRef } from "./peer-ref.ts";

const { uid, ...claim } = {
  uid: "u1",
  machine: "12D3KooWm1",
  node: "m1",
  ip: "10.1.2.3",
  addresses: ["192.0.2.1:7947", "[2001:db8::1]:7947"],
  services: [{ service: "shop/web", ports: [{ protocol: "tcp", port: 80, target: 8080 }] }],
  version: 3,
  notAfterMs: 1_800_000_000_000,
} as const;
const signed = { ref: { uid, ...claim }, certificate: "PEM", signature: "c2ln" };
const copyOf = (value: object): Json => JSON.parse(JSON.stringify(value));

describe("PeerRef", () => {
  test("is read as it was written", () => {
    assert.deepEqual(readSignedPeerRef(copyOf(signed)), signed);
    assert.deepEqual(readPeerRefClaim(copyOf(claim)), claim);
  });

  test("is signed as one text, whatever the order of its members", () => {
    const turned = Object.fromEntries(Object.entries(signed.ref).toReversed());
    const other = readSignedPeerRef(copyOf({ ...signed, ref: turned }));
    assert(other);
    assert.equal(peerRefText(other.ref), peerRefText(signed.ref));
    assert.match(peerRefText(signed.ref), /^beemesh\/peer-ref\/1\n\{/u);
  });

  test("is refused if anything is missing, long or of another form", () => {
    for (const member of Object.keys(claim)) {
      const { [member]: _, ...rest } = Object(copyOf(claim));
      assert.equal(readPeerRefClaim(rest), undefined, member);
    }
    for (const change of [
      { version: -1 },
      { version: 1.5 },
      { services: [{ service: "web", ports: [] }] },
      { services: Array.from({ length: 17 }, () => claim.services[0]) },
      { addresses: ["example.com:80"] },
      { services: [{ service: "shop/web", ports: [{ protocol: "tcp", port: 0, target: 1 }] }] },
    ]) {
      assert.equal(readPeerRefClaim(copyOf({ ...claim, ...change })), undefined);
    }
    assert.equal(
      readSignedPeerRef(copyOf({ ...signed, certificate: "x".repeat(5000) })),
      undefined,
    );
  });

  test("survives any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(readSignedPeerRef(copyOf({ ref: value })), undefined);
      }),
    );
  });
});
