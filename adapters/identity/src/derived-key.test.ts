import assert from "node:assert/strict";
import { test } from "node:test";
import { derivedKey } from "./derived-key.ts";

test("a seed has one key for each purpose", () => {
  const seed = new Uint8Array(32).fill(7);
  const key = derivedKey(seed, "one");
  assert.equal(key.asymmetricKeyDetails?.namedCurve, "prime256v1");
  assert(key.equals(derivedKey(seed, "one")));
  assert(!key.equals(derivedKey(seed, "two")));
  assert(!key.equals(derivedKey(new Uint8Array(32).fill(8), "one")));
});
