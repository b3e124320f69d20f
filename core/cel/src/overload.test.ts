import assert from "node:assert/strict";
import { test } from "node:test";
import { overloadKey, overloadsOf } from "./overload.ts";
import { typeText } from "./type.ts";

test("a signature says whose method a function is, and its types", () => {
  const overloads = overloadsOf([
    {
      "map<string, list<A>>.f(A, optional<B>): map<A, B>": () => null,
      "sets.g(list<A>, list<A>): bool": () => null,
    },
  ]);
  const [method] = overloads.get(overloadKey("f", true, 3)) ?? [];
  assert.deepEqual(method?.parameters.map(typeText), [
    "map(string, list(A))",
    "A",
    "optional_type(B)",
  ]);
  assert.equal(overloads.get(overloadKey("sets.g", false, 2))?.length, 1);
});
