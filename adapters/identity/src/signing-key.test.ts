import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { isSignedBy, SigningKey, verifyingKeyOf } from "./signing-key.ts";

describe("SigningKey", () => {
  const key = SigningKey.generate();

  test("signs so that the key in its peer ID verifies", () => {
    const verifying = verifyingKeyOf(key.id);
    assert(verifying);
    assert(isSignedBy(verifying, "text", key.sign("text")));
    assert(!isSignedBy(verifying, "texts", key.sign("text")));
    assert(!isSignedBy(verifying, "text", SigningKey.generate().sign("text")));
    assert(!isSignedBy(verifying, "text", "short"));
  });

  test("comes back from its seed and from its PEM", () => {
    assert.equal(SigningKey.fromSeed(key.seed()).id, key.id);
    assert.equal(SigningKey.fromPem(key.toPem()).sign("text"), key.sign("text"));
  });

  test("gives the signature of RFC 8032, section 7.1, test 1", () => {
    const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    assert.equal(
      Buffer.from(SigningKey.fromSeed(Buffer.from(seed, "hex")).sign(""), "base64url").toString(
        "hex",
      ),
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
  });

  test("is not shown by a log", () => {
    const seed = Buffer.from(key.seed());
    const shown = inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key);
    assert(!shown.includes(seed.toString("hex")) && !shown.includes(seed.toString("base64url")));
  });

  test("refuses what is no key", () => {
    assert.throws(() => SigningKey.fromSeed(new Uint8Array(31)), { code: "key-malformed" });
    assert.throws(() => SigningKey.fromPem("-----BEGIN"), { code: "key-malformed" });
  });
});

test("verifyingKeyOf gives nothing for a name that holds no key", () => {
  assert.equal(verifyingKeyOf("ann"), undefined);
});
