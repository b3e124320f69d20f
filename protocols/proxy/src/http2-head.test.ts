import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fieldOf, fieldsByName, readHttp2Head, withField } from "./http2-head.ts";

const call = Object.entries({
  ":method": "POST",
  ":path": "/shop.Orders/Ask",
  ":authority": "db",
  "content-type": "application/grpc",
  "grpc-timeout": "2S",
})
  .flat()
  .concat("x", "1", "x", "2");

test("a request is read by its fields", () => {
  assert.deepEqual(readHttp2Head(call), {
    method: "POST",
    path: "/shop.Orders/Ask",
    authority: "db",
    isGrpc: true,
    deadlineMs: 2000,
    traceparent: "",
  });
  const plain = readHttp2Head([":method", "GET", "grpc-timeout", "2S", "traceparent", "t"]);
  assert.deepEqual([plain.isGrpc, plain.deadlineMs, plain.traceparent], [false, undefined, "t"]);
});

describe("fields", () => {
  test("keep their order, and those that come twice", () => {
    assert.equal(fieldOf(call, "x"), "1");
    const set = withField(["a", "1", "x", "2", "b", "3", "x", "4"], "x", "new");
    assert.equal(set.join(" "), "a 1 x new b 3");
    assert.deepEqual(withField(["a", "1"], "x", "new"), ["a", "1", "x", "new"]);
    assert.deepEqual(fieldsByName(call)["x"], ["1", "2"]);
  });

  test("have exactly one value of a name that was set, and all others as they were", () => {
    const names = fc.constantFrom("a", "b", "x");
    const pairs = fc.array(fc.tuple(names, fc.string()));
    fc.assert(
      fc.property(pairs, fc.string(), (given, value) => {
        const set = withField(given.flat(), "x", value);
        const read = fieldsByName(set);
        assert.equal(read["x"], value);
        const before = fieldsByName(given.flat());
        for (const name of ["a", "b"]) assert.deepEqual(read[name], before[name]);
      }),
    );
  });
});
