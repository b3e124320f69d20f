import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUrl } from "./url.ts";

test("URLs and absolute paths have parts, other texts none", () => {
  assert.equal(parseUrl("https://a.example:443/x?y=z#f")?.hostname, "a.example");
  assert.equal(parseUrl("/only/path")?.escapedPath, "/only/path");
  assert.deepEqual(parseUrl("http://a?x=%20b&y")?.query, [
    ["x", [" b"]],
    ["y", [""]],
  ]);
  for (const text of ["", "relative", "http://a b", "http://a/%zz", "http://[::1", "\u0001"]) {
    assert.equal(parseUrl(text), undefined, text);
  }
});
