import assert from "node:assert/strict";
import { test } from "node:test";
import { openSsl } from "./openssl.ts";
import { skip } from "./stream-pair.test.ts";

test("the outlet gives what was written, whole and once", { skip }, () => {
  const { BIO_write, outlet } = openSsl();
  assert.equal(outlet.take(), undefined);
  for (let round = 0; round < 3; round += 1) {
    const bytes = Buffer.alloc(100_000, round);
    assert.equal(BIO_write(outlet.bio, bytes, bytes.length), bytes.length);
    assert(bytes.equals(outlet.take() ?? Buffer.alloc(0)), "it begins at its beginning each time");
    assert.equal(outlet.take(), undefined);
  }
});
