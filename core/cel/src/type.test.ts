import assert from "node:assert/strict";
import { test } from "node:test";
import { typeOf } from "./overload.ts";
import { type Bindings, isAssignable, joined, substituted, typeText } from "./type.ts";

test("parameters stand for one type in one call", () => {
  const bindings: Bindings = new Map();
  assert(isAssignable(typeOf("list<int>"), typeOf("list<A>"), bindings));
  assert(!isAssignable(typeOf("string"), typeOf("A"), bindings));
  assert.equal(typeText(substituted(typeOf("map<string, A>"), bindings)), "map(string, int)");
});

test("what is dynamic may stand anywhere, and null where there are members", () => {
  assert(isAssignable(typeOf("dyn"), typeOf("int")));
  assert(isAssignable(typeOf("list<int>"), typeOf("list<dyn>")));
  assert(isAssignable(typeOf("null"), typeOf("map<string, int>")));
  assert(!isAssignable(typeOf("null"), typeOf("int")));
});

test("two types in one place are theirs if they agree", () => {
  assert.equal(typeText(joined(typeOf("int"), typeOf("int"))), "int");
  assert.equal(typeText(joined(typeOf("int"), typeOf("string"))), "dyn");
  assert.equal(
    typeText(joined(typeOf("optional<int>"), typeOf("optional<int>"))),
    "optional_type(int)",
  );
});
