import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "@beemesh/wire";
import { labelError } from "./name.ts";
import {
  atLeast,
  between,
  fileMode,
  innerPath,
  named,
  numberOrPercent,
  oneOf,
  port,
  portOrName,
  portOrNone,
  type ValueCheck,
} from "./value-check.ts";

const cases: readonly (readonly [string, ValueCheck, readonly Json[], readonly Json[]])[] = [
  ["oneOf", oneOf("A", "B"), ["A", "B", ""], ["C", "a"]],
  ["atLeast", atLeast(0), [0, 1], [-1]],
  ["between", between(1, 2), [1, 2], [0, 3]],
  ["named", named(labelError), ["a", ""], ["A"]],
  ["port", port, [1, 65_535], [0, 65_536, -1]],
  ["portOrNone", portOrNone, [0, 1], [65_536]],
  ["portOrName", portOrName, [80, "http"], [0, "-http", "waytoolongforaname"]],
  ["fileMode", fileMode, [0, 0o777], [-1, 0o1000]],
  ["innerPath", innerPath, ["a/b", "a..b"], ["/a", "..", "a/../b"]],
  ["numberOrPercent", numberOrPercent, [0, 3, "25%", "0%"], [-1, "25", "%", "-1%"]],
];

for (const [name, check, good, bad] of cases) {
  test(`${name} takes ${JSON.stringify(good)} and refuses ${JSON.stringify(bad)}`, () => {
    for (const value of good) assert.deepEqual(check(value, "f"), []);
    for (const value of bad) assert.equal(check(value, "f")[0]?.field, "f");
  });
}

test("a bound is named as kube-apiserver names it", () => {
  assert.equal(
    port(0, "f")[0]?.message,
    "Invalid value: 0: must be between 1 and 65535, inclusive",
  );
  assert.equal(
    atLeast(0)(-1, "f")[0]?.message,
    "Invalid value: -1: must be greater than or equal to 0",
  );
});
