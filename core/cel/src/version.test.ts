import assert from "node:assert/strict";
import { test } from "node:test";
import { compareVersions, parseVersion } from "./version.ts";

test("versions are in the order of the specification", () => {
  const order = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0",
    "2.0.0",
  ];
  const versions = order.map((text) => parseVersion(text, false));
  for (const [index, version] of versions.entries()) {
    const next = versions[index + 1];
    assert(version);
    if (next !== undefined) {
      assert.equal(compareVersions(version, next), -1);
      assert.equal(compareVersions(next, version), 1);
    }
  }
});

test("a lenient reader fills in what is left out", () => {
  assert.deepEqual(parseVersion("v01.2", true)?.numbers, [1n, 2n, 0n]);
  assert.equal(parseVersion("1.2", false), undefined);
  assert.equal(parseVersion("1".repeat(1000), true), undefined);
});
