import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { base64OfText, textOfBase64 } from "./base64.ts";

test("base64OfText agrees with the host's encoder, textOfBase64 undoes it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.equal(base64OfText(text), Buffer.from(text).toString("base64"));
      assert.equal(textOfBase64(base64OfText(text)), text);
    }),
  );
});

test("textOfBase64 refuses what is no base64 and what is no text", () => {
  assert.equal(textOfBase64("?"), undefined);
  assert.equal(textOfBase64(Buffer.from([0xff, 0xfe]).toString("base64")), undefined);
});
