import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { globCovers, globMatches } from "./glob.ts";

test("a star stands for any text, every other character for itself", () => {
  assert(globMatches("*", "-"));
  assert(globMatches("team-*", "team-a"));
  assert(!globMatches("team-*", "a-team-a"));
  assert(!globMatches("a.c", "abc"));
  assert(globMatches("a.c", "a.c"));
});

test("a pattern that covers another matches all that the other matches", () => {
  const pattern = fc.stringMatching(/^[ab*]{0,5}$/u);
  const text = fc.stringMatching(/^[ab]{0,6}$/u);
  let covered = 0;
  fc.assert(
    fc.property(pattern, pattern, text, (wide, narrow, sample) => {
      if (!globCovers(wide, narrow) || !globMatches(narrow, sample)) return;
      covered += 1;
      assert(globMatches(wide, sample), `${wide} ${narrow} ${sample}`);
    }),
    { numRuns: 5000 },
  );
  assert(covered > 0);
});

test("agrees with the regular expression of the same meaning", () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[ab*]{0,6}$/u),
      fc.stringMatching(/^[ab]{0,8}$/u),
      (pattern, text) => {
        const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`, "u").test(text);
        assert.equal(globMatches(pattern, text), expected, `${pattern} ${text}`);
      },
    ),
    { numRuns: 5000 },
  );
});
