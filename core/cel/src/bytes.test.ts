import assert from "node:assert/strict";
import { test } from "node:test";
import { base64Bytes, hexText, isBase64, utf8Bytes, utf8Text } from "./bytes.ts";

test("bytes are written and read in base64, hexadecimal and UTF-8", () => {
  for (const text of ["", "a", "ab", "abc", "é€😀"]) {
    const bytes = utf8Bytes(text);
    assert.deepEqual(base64Bytes(Buffer.from(text).toString("base64")), bytes);
    assert.equal(hexText(bytes), Buffer.from(text).toString("hex"));
    assert.equal(utf8Text(bytes), text);
  }
  assert.equal(utf8Text(Uint8Array.of(0xff)), undefined);
  assert(!isBase64("abc"));
  assert.equal(base64Bytes("a"), undefined);
});
