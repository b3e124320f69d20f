import assert from "node:assert/strict";
import { test } from "node:test";
import { labelsOf, memberOf, objectsOf, portOf, protocolOf, textOr, textsOf } from "./field.ts";

test("what is malformed reads as what is not there", () => {
  assert.equal(memberOf({ a: 1 }, "a"), 1);
  for (const value of [undefined, null, "a", ["a"]]) assert.equal(memberOf(value, "a"), undefined);
  assert.equal(memberOf({}, "toString"), undefined);
  assert.deepEqual([textOr("a", "b"), textOr("", "b"), textOr(1, "b")], ["a", "b", "b"]);
  assert.deepEqual([textsOf(["a", 1]), textsOf("a")], [["a"], []]);
  assert.deepEqual([objectsOf([{ a: 1 }, 1, null]), objectsOf({})], [[{ a: 1 }], []]);
  assert.deepEqual([labelsOf({ a: "b", c: 1 }), labelsOf([])], [{ a: "b" }, {}]);
  const ports = [80, 65_535, 0, 65_536, 1.5, "80"].map(portOf);
  assert.deepEqual(ports, [80, 65_535, undefined, undefined, undefined, undefined]);
  const protocols = [undefined, null, "UDP", "ICMP"].map(protocolOf);
  assert.deepEqual(protocols, ["TCP", "TCP", "UDP", undefined]);
});
