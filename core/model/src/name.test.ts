import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  configKeyError,
  domainPathError,
  environmentNameError,
  labelError,
  labelValueError,
  letterLabelError,
  portNameError,
  qualifiedNameError,
  segmentError,
  subdomainError,
  wildcardError,
} from "./name.ts";

const cases = [
  {
    check: labelError,
    good: ["a", "0", "a-b", "a".repeat(63)],
    bad: ["", "A", "-a", "a-", "a.b", "a_b", "a".repeat(64), "ä", "a\n"],
  },
  {
    check: subdomainError,
    good: ["a", "a.b", "1.2", "a".repeat(253)],
    bad: ["", ".", "a.", ".a", "a..b", "A", "a".repeat(254)],
  },
  {
    check: segmentError,
    good: ["system:node", "A_b", "a".repeat(253)],
    bad: [".", "..", "a/b", "50%", "a b", "a~", "a\n", "a".repeat(254)],
  },
  { check: wildcardError, good: ["*.a", "*.a.b"], bad: ["", "*", "*a", "a.*", "*.*.a", "*.A"] },
  {
    check: domainPathError,
    good: ["a.b/c", "a/b/c", "beemesh.io/ingress"],
    bad: ["", "a", "/a", "a/", "A.b/c", "a/b c"],
  },
  { check: letterLabelError, good: ["a", "a1"], bad: ["", "1a", "A", "a.b", "a".repeat(64)] },
  {
    check: qualifiedNameError,
    good: ["a", "A_b.c", "example.com/A", "a".repeat(63)],
    bad: ["", "/a", "a/", "a/b/c", "a b", "Example.com/a", "a".repeat(64), "x/"],
  },
  {
    check: labelValueError,
    good: ["", "a", "A_b.c-1"],
    bad: ["-", "a b", "a".repeat(64), "a/b"],
  },
  {
    check: portNameError,
    good: ["http", "a1-b"],
    bad: ["", "1", "-a", "a-", "a--b", "A", "a".repeat(16)],
  },
  { check: environmentNameError, good: ["A", "a.b", "1", "a b"], bad: ["", "a=b", "ä", "a\n"] },
  { check: configKeyError, good: ["a", ".a", "A_b"], bad: ["", ".", "..", "..a", "a b", "a/b"] },
];

for (const { check, good, bad } of cases) {
  describe(check.name, () => {
    for (const text of good) {
      test(`takes ${JSON.stringify(text)}`, () => {
        assert.equal(check(text), undefined);
      });
    }
    for (const text of bad) {
      test(`refuses ${JSON.stringify(text)}`, () => {
        assert.equal(typeof check(text), "string");
      });
    }
  });
}
