import assert from "node:assert/strict";
import { test } from "node:test";
import { isPeerId } from "./peer.ts";

test("isPeerId takes the form of a peer ID and nothing that could break a line or a path", () => {
  assert(isPeerId("12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf"));
  for (const text of ["", "a b", "../x", "a\nb", "x".repeat(65), undefined]) {
    assert.equal(isPeerId(text), false);
  }
});
