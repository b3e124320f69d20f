import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { selfSignedServer } from "./self-signed.ts";

test("a certificate of its own key, for the names that are asked for", () => {
  const { certificate, key } = selfSignedServer(["m1", "localhost", "127.0.0.1"]);
  const read = new X509Certificate(certificate);
  assert(read.verify(read.publicKey));
  assert(read.checkPrivateKey(createPrivateKey(key)));
  assert.equal(read.subject, "CN=m1");
  assert.equal(read.checkHost("localhost"), "localhost");
  assert.equal(read.checkIP("127.0.0.1"), "127.0.0.1");
  assert.notEqual(selfSignedServer(["m1"]).key, key);
});
