import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf } from "./ascii.ts";
import { ChunkExtension } from "./chunk-extension.ts";

function isExtension(text: string): boolean {
  const extension = new ChunkExtension();
  return bytesOf(text).every((byte) => extension.step(byte)) && extension.isWhole;
}

describe("ChunkExtension (RFC 9112, section 7.1.1)", () => {
  for (const text of ["a", "a=b", "a;b=c;d", 'a="b; c"', 'a="";b'])
    test(`takes ;${text}`, () => assert(isExtension(text)));
  for (const text of [
    "",
    "=b",
    "a=",
    ";a",
    "a b",
    "a=b=c",
    'a="b',
    'a="b"c',
    'a="\\""',
    "a\r",
    "a\n",
  ])
    test(`refuses ;${JSON.stringify(text)}`, () => assert(!isExtension(text)));
});
