import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { movedLinks } from "./html-links.ts";

/** The page as it comes out, of pieces as they come in. */
function moved(...pieces: readonly string[]): Promise<string> {
  const links = movedLinks((url) => (url.startsWith("/") ? `/p${url}` : url));
  for (const piece of pieces) links.write(piece);
  links.end();
  return text(links);
}

describe("movedLinks", () => {
  test("moves what attributes of addresses hold, in any quotes", async () => {
    assert.equal(
      await moved(
        `<a class=x href="/a">/b</a><img src='/c'><form action=/d><a href="e" title="/f">`,
      ),
      `<a class=x href="/p/a">/b</a><img src='/p/c'><form action=/p/d><a href="e" title="/f">`,
    );
  });

  test("moves links whose tag comes in pieces", async () => {
    assert.equal(await moved("<p>ä<", "a hr", 'ef="/', 'a">b'), '<p>ä<a href="/p/a">b');
  });

  test("passes what is never a tag, however long", async () => {
    const open = `<a ${"x".repeat(40_000)}`;
    assert.equal(await moved(open, "y", "< /a> <"), `${open}y< /a> <`);
    assert.equal((await moved("<a".repeat(20_000))).length, 40_000);
  });
});
