import assert from "node:assert/strict";
import { test } from "node:test";
import { SyntaxFault, tokensOf } from "./token.ts";

test("a source is names, numbers, texts and signs, each with its place", () => {
  const kinds = tokensOf("a.b >= 0x1F + 2u // rest").map(({ kind, text, at }) => [kind, text, at]);
  assert.deepEqual(kinds, [
    ["name", "a", 0],
    ["sign", ".", 1],
    ["name", "b", 2],
    ["sign", ">=", 4],
    ["int", "0x1F", 7],
    ["sign", "+", 12],
    ["uint", "2u", 14],
    ["end", "<EOF>", 24],
  ]);
});

test("texts have escapes, unless they are raw, and may be of many lines", () => {
  const texts = tokensOf(String.raw`"a\n\x41\u00e9" r'\n' """a"b""" b"\xff" '\101'`);
  assert.deepEqual(
    texts.slice(0, -1).map(({ kind, text }) => [kind, text]),
    [
      ["string", "a\nAé"],
      ["string", String.raw`\n`],
      ["string", 'a"b'],
      ["bytes", "\u00ff"],
      ["string", "A"],
    ],
  );
});

test("what no word begins with is refused at its place", () => {
  for (const [source, at] of [
    ["a # b", 2],
    ['"open', 0],
    [String.raw`"\q"`, 1],
    [String.raw`"\ud800"`, 1],
  ] as const) {
    assert.throws(
      () => tokensOf(source),
      (error) => error instanceof SyntaxFault && error.at === at,
    );
  }
});
