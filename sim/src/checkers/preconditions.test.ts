import assert from "node:assert/strict";
import { test } from "node:test";
import { formatStamp } from "@beemesh/wire";
import { Preconditions, type Replacement } from "./preconditions.ts";

const stampOf = (wallMs: number) => formatStamp({ wallMs, counter: 0, machine: "m0" });

function replacement(number: number, baseMs: number, name = "web"): Replacement {
  const askedMs = number * 100;
  return { name, number, base: stampOf(baseMs), askedMs, toldMs: askedMs + 50 };
}

test("fires when two have replaced the same version, but not over a cut", () => {
  const preconditions = new Preconditions();
  preconditions.add(replacement(1, 1));
  preconditions.add(replacement(2, 2));
  preconditions.add(replacement(3, 1, "other"));
  assert.deepEqual(preconditions.violations([]), []);
  assert.equal(preconditions.count, 3);
  preconditions.add(replacement(5, 1));
  const message = "1 and 5 have replaced the same version of web";
  assert.deepEqual(preconditions.violations([]), [{ invariant: "preconditions", message }]);
  const later = { fromMs: 551, untilMs: 900 };
  const amid = { fromMs: 300, untilMs: 310 };
  assert.equal(preconditions.violations([later]).length, 1);
  assert.equal(preconditions.violations([later, amid]).length, 0);
});
