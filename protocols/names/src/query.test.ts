import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { payloadBytesMax, queryBytesMax, readQuery, responseCodes, typeName } from "./query.ts";
import { queryBytes } from "./test-query.ts";

function patched(bytes: Uint8Array, ...changes: readonly (readonly [number, number])[]) {
  const copy = Uint8Array.from(bytes);
  for (const [offset, value] of changes) copy[offset] = value;
  return copy;
}

const appended = (bytes: Uint8Array, ...more: readonly number[]): Uint8Array =>
  Uint8Array.from([...bytes, ...more]);

describe("readQuery", () => {
  test("reads a question, whose case it keeps to say it back", () => {
    const bytes = queryBytes("Web.Shop", { type: 28 });
    const query = readQuery(bytes);
    assert.equal(query?.name, "web.shop");
    assert.equal(typeName(query?.type ?? 0), "AAAA");
    assert.deepEqual(query?.question, bytes.slice(12));
    assert.deepEqual([query?.code, query?.payloadMax, query?.hasOptions], [0, 512, false]);
    assert(query?.recursionDesired);
  });

  test("clamps what an asker says that it takes (RFC 6891, section 6.2.3)", () => {
    for (const [asked, taken] of [
      [0, 512],
      [900, 900],
      [65_535, payloadBytesMax],
    ] as const) {
      assert.equal(readQuery(queryBytes("a", { payload: asked }))?.payloadMax, taken);
    }
  });

  test("answers nothing that is no query", () => {
    const query = queryBytes("a");
    assert.equal(readQuery(query.slice(0, 11)), undefined);
    assert.equal(readQuery(patched(query, [2, 0x81])), undefined, "an answer");
    assert.equal(readQuery(new Uint8Array(queryBytesMax + 1)), undefined);
  });

  const query = queryBytes("a.b");
  const withOpt = queryBytes("a.b", { payload: 1232 });
  const opt = withOpt.slice(-11);
  for (const [what, bytes, code] of [
    ["another opcode", patched(query, [2, 0x28]), responseCodes.unimplemented],
    ["no question", patched(query, [5, 0]), responseCodes.format],
    ["two questions", patched(query, [5, 2]), responseCodes.format],
    ["an answer beside the question", patched(query, [7, 1]), responseCodes.format],
    ["bytes behind the message", appended(query, 0), responseCodes.format],
    ["a name that does not end", query.slice(0, 15), responseCodes.format],
    ["a name that leads to itself", patched(query, [12, 0xc0], [13, 12]), responseCodes.format],
    ["half an OPT", withOpt.slice(0, -2), responseCodes.format],
    ["two OPTs", patched(appended(withOpt, ...opt), [11, 2]), responseCodes.format],
    ["an OPT as question", queryBytes("a", { type: 41 }), responseCodes.format],
    ["another version of EDNS", queryBytes("a", { payload: 512, version: 1 }), 16],
  ] as const)
    test(`says what is wrong with ${what}`, () => {
      assert.equal(readQuery(bytes)?.code, code);
    });

  test("passes over other records behind the question", () => {
    // A signature: owner, type 250, class ANY, TTL 0, two bytes of data.
    const signed = patched(
      appended(withOpt, 0xc0, 12, 0, 250, 0, 255, 0, 0, 0, 0, 0, 2, 9, 9),
      [11, 2],
    );
    assert.deepEqual([readQuery(signed)?.code, readQuery(signed)?.hasOptions], [0, true]);
  });

  test("gives no text for a name with other bytes", () => {
    assert.equal(readQuery(queryBytes("a b.c"))?.name, undefined);
    assert.equal(readQuery(queryBytes("a b.c"))?.code, 0);
  });
});
