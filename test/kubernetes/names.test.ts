/** Every name has a test, or a reason why it has none; those without are told as skipped. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { reasonOf } from "./left-out.ts";
import { names } from "./names.ts";
import { suites } from "./suite.ts";

const shown = new Set(suites.flatMap((suite) => Object.keys(suite)));

test("there are 441 names, each once", () => {
  assert.equal(names.length, 441);
  assert.equal(new Set(names).size, names.length);
});

test("each has a test or a reason, and not both", () => {
  const neither = names.filter((name) => !shown.has(name) && !reasonOf.has(name));
  const both = names.filter((name) => shown.has(name) && reasonOf.has(name));
  assert.deepEqual({ neither, both }, { neither: [], both: [] });
});

test("nothing is shown or left out that is no name", () => {
  const known = new Set(names);
  const strange = [...shown, ...reasonOf.keys()].filter((name) => !known.has(name));
  assert.deepEqual(strange, []);
});

describe("left out of Kubernetes 1.35", () => {
  for (const [name, reason] of reasonOf) test(name, { skip: reason });
});
