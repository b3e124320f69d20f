import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json } from "@beemesh/wire";
import fc from "fast-check";
import { jsonPatch, nestsTooDeep, operationsMax } from "./json-patch.ts";

/** Cases of RFC 6902, appendix A, and more: document, patch, result. */
const cases: readonly (readonly [string, Json, Json, Json])[] = [
  ["adds a member", { a: 1 }, [{ op: "add", path: "/b", value: 2 }], { a: 1, b: 2 }],
  ["adds an item", { a: [1, 3] }, [{ op: "add", path: "/a/1", value: 2 }], { a: [1, 2, 3] }],
  ["appends an item", { a: [1] }, [{ op: "add", path: "/a/-", value: [2] }], { a: [1, [2]] }],
  ["removes a member", { a: 1, b: 2 }, [{ op: "remove", path: "/b" }], { a: 1 }],
  ["removes an item", { a: [1, 2, 3] }, [{ op: "remove", path: "/a/1" }], { a: [1, 3] }],
  ["replaces", { a: 1 }, [{ op: "replace", path: "/a", value: null }], { a: null }],
  ["replaces all", { a: 1 }, [{ op: "replace", path: "", value: { b: 1 } }], { b: 1 }],
  [
    "moves a member",
    { a: { b: 1 }, c: {} },
    [{ op: "move", from: "/a/b", path: "/c/d" }],
    { a: {}, c: { d: 1 } },
  ],
  ["moves an item", [1, 2, 3], [{ op: "move", from: "/0", path: "/2" }], [2, 3, 1]],
  [
    "copies",
    { a: { b: 1 } },
    [{ op: "copy", from: "/a", path: "/c" }],
    { a: { b: 1 }, c: { b: 1 } },
  ],
  [
    "goes on after a test",
    { a: { c: 1, b: 2 } },
    [
      { op: "test", path: "/a", value: { b: 2, c: 1 } },
      { op: "add", path: "/d", value: 1 },
    ],
    { a: { c: 1, b: 2 }, d: 1 },
  ],
  ["unescapes", { "/": 9, "~1": 10 }, [{ op: "remove", path: "/~01" }], { "/": 9 }],
  ["finds nothing where null is asked", {}, [{ op: "test", path: "/a", value: null }], {}],
  ["does nothing", { a: 1 }, [], { a: 1 }],
];

describe("jsonPatch", () => {
  for (const [title, document, patch, value] of cases) {
    test(title, () => assert.deepEqual(jsonPatch(document, patch), { ok: true, value }));
  }

  for (const [kind, patch] of [
    ["malformed", {}],
    ["malformed", [1]],
    ["malformed", [{ op: "spam", path: "/a" }]],
    ["malformed", [{ op: "add", path: "a", value: 1 }]],
    ["malformed", [{ op: "add", path: "/b" }]],
    ["malformed", [{ op: "copy", path: "/b" }]],
    ["impossible", [{ op: "add", path: "/b/c", value: 1 }]],
    ["impossible", [{ op: "remove", path: "/b" }]],
    ["impossible", [{ op: "replace", path: "/b", value: 1 }]],
    ["impossible", [{ op: "test", path: "/a", value: "1" }]],
    ["impossible", [{ op: "add", path: "/list/3", value: 1 }]],
    ["impossible", [{ op: "add", path: "/list/01", value: 1 }]],
    ["impossible", [{ op: "remove", path: "/list/-" }]],
    ["impossible", [{ op: "remove", path: "" }]],
    ["impossible", [{ op: "move", from: "/o", path: "/o/x" }]],
    ["impossible", [{ op: "move", from: "/none", path: "/x" }]],
    ["impossible", [{ op: "add", path: "/toString/x", value: 1 }]],
  ] as const) {
    test(`${kind}: ${JSON.stringify(patch)}`, () => {
      const result = jsonPatch({ a: 1, list: [1, 2], o: {} }, patch);
      assert.equal(result.ok ? "ok" : result.kind, kind);
    });
  }

  test("bounds operations and copies", () => {
    const many = Array.from({ length: operationsMax + 1 }, () => ({ op: "test", path: "" }));
    const tooMany = jsonPatch({}, many);
    assert.equal(tooMany.ok ? "ok" : tooMany.kind, "too-large");
    const doubling = Array.from({ length: 40 }, (_, index) => ({
      op: "copy",
      from: "",
      path: `/a${index}`,
    }));
    const tooMuch = jsonPatch({ a: "x" }, doubling);
    assert.equal(tooMuch.ok ? "ok" : tooMuch.kind, "too-large");
  });

  test("takes __proto__ for a name like any other", () => {
    const patch = [{ op: "add", path: "/__proto__", value: { polluted: true } }];
    const result = jsonPatch({}, patch);
    assert(result.ok);
    assert.equal(JSON.stringify(result.value), '{"__proto__":{"polluted":true}}');
    assert(!("polluted" in {}));
  });

  test("is quick on a long list and a wide object", () => {
    const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`m${index}`, 1]));
    const document = { list: Array.from({ length: 100_000 }, () => 1), wide };
    const patch = Array.from({ length: operationsMax }, (_, index) => ({
      op: "add",
      path: index % 2 === 0 ? "/list/0" : "/wide/x",
      value: 1,
    }));
    assert(jsonPatch(document, patch).ok);
  });

  test("does not build what nests too deep", () => {
    const steps = Array.from({ length: 70 }, () => ({ op: "copy", from: "", path: "/a" }));
    const result = jsonPatch({}, steps);
    assert.equal(result.ok ? "ok" : result.kind, "too-large");
    assert(!nestsTooDeep([[1]], 2) && nestsTooDeep([[1]], 1));
  });

  test("never fails and never changes the document, whatever the patch", () => {
    const part = fc.constantFrom("a", "b", "0", "1", "-", "");
    const pointer = fc.array(part, { maxLength: 3 }).map((parts) => `/${parts.join("/")}`);
    const op = fc.constantFrom("add", "remove", "replace", "move", "copy", "test");
    const operation = fc.record({ op, path: pointer, from: pointer, value: fc.constant([{}]) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 5 }), (patch) => {
        const document = { a: [1, { b: 2 }], b: { a: 1 }, "": 0 };
        jsonPatch(document, patch);
        assert.deepEqual(document, { a: [1, { b: 2 }], b: { a: 1 }, "": 0 });
      }),
    );
  });
});
