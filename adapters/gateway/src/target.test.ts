import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { parseTarget } from "./target.ts";

describe("parseTarget", () => {
  test("decodes segments and keeps every value of a query", () => {
    const target = parseTarget("/api/v1/pods/a%20b/exec?command=sh&command=-c&tty=true&x=a+b");
    assert.deepEqual(target?.path, ["api", "v1", "pods", "a b", "exec"]);
    assert.deepEqual(target?.query.get("command"), ["sh", "-c"]);
    assert.deepEqual(target?.query.get("x"), ["a b"]);
  });

  test("takes a trailing slash and an empty path", () => {
    assert.deepEqual(parseTarget("/version/")?.path, ["version"]);
    assert.deepEqual(parseTarget("/")?.path, []);
  });

  for (const url of ["/a%2Fb", "/a/../b", "/%2e%2e", "/%zz", "/%ff", "/a%00", "a", "*"]) {
    test(`refuses ${url}`, () => assert.equal(parseTarget(url), undefined));
  }

  test("refuses more than 1000 values", () => {
    assert.equal(parseTarget(`/?${"a=1&".repeat(1001)}`), undefined);
  });

  test("gives a target or undefined for any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const target = parseTarget(`/${text}`);
        assert(target === undefined || target.path.every((segment) => !segment.includes("/")));
      }),
    );
  });
});
