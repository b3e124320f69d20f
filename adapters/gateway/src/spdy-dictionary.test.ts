import assert from "node:assert/strict";
import { test } from "node:test";
import { spdyDictionary, spdyDictionaryId } from "./spdy-dictionary.ts";

test("spdyDictionary is the one of the draft: 1423 bytes, Adler-32 e3c6a7c2", () => {
  let low = 1;
  let high = 0;
  for (const byte of spdyDictionary) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  assert.equal(spdyDictionary.length, 1423);
  assert.equal(high * 65_536 + low, spdyDictionaryId);
});
