import assert from "node:assert/strict";
import { test } from "node:test";
import { apiTrustOf, signApiTrust } from "./api-trust.ts";
import { SigningKey } from "./signing-key.ts";

test("trust is what the mesh key signed", () => {
  const trust = signApiTrust(SigningKey.generate(), "PEM");
  assert.deepEqual(apiTrustOf({ ...trust }), trust);
});

test("trust that was changed, or said by another, is none", () => {
  const trust = signApiTrust(SigningKey.generate(), "PEM");
  for (const wrong of [
    undefined,
    {},
    { ...trust, userAuthority: "OTHER" },
    { ...trust, mesh: SigningKey.generate().id },
    { ...trust, mesh: "ann" },
    { ...trust, signature: 1 },
    { ...trust, userAuthority: "x".repeat(5000) },
  ]) {
    assert.equal(apiTrustOf(wrong), undefined);
  }
});
