import assert from "node:assert/strict";
import { test } from "node:test";
import { keyring, signerOf } from "./keyring.ts";

test("a keyring believes what its author signed, and nothing else", () => {
  const signature = signerOf("ada").sign("text");
  assert.match(signature, /^[\w-]{86}$/u);
  assert(keyring.verify("text", signature, "ada"));
  assert(!keyring.verify("texts", signature, "ada"));
  assert(!keyring.verify("text", signature, "bob"));
});
