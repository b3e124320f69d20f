import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  acceptedFrame,
  dataHeader,
  dataLengthMax,
  endFrame,
  openFrame,
  refusedFrame,
  resetFrame,
  textBytesMax,
  textOfFrame,
} from "./frame.ts";

const opening = { protocol: "tcp", port: 80, service: "", traceparent: "" } as const;

describe("frames", () => {
  test("begin with a type and a length", () => {
    assert.deepEqual([...acceptedFrame()], [2, 0, 0, 0]);
    assert.deepEqual([...endFrame()], [5, 0, 0, 0]);
    assert.deepEqual([...resetFrame()], [6, 0, 0, 0]);
    assert.deepEqual([...dataHeader(0x01_02_03)], [4, 1, 2, 3]);
    assert.deepEqual([...dataHeader(dataLengthMax)], [4, 4, 0, 0]);
  });

  test("no DATA is longer than its reader takes", () => {
    assert.throws(() => dataHeader(dataLengthMax + 1), { name: "AssertionError" });
  });

  test("OPEN is JSON after its header", () => {
    const [type, ...rest] = openFrame(opening);
    assert.equal(type, 1);
    assert.deepEqual(JSON.parse(textOfFrame(Uint8Array.from(rest.slice(3))) ?? ""), opening);
    assert.deepEqual(rest.slice(0, 3), [0, 0, rest.length - 3]);
  });

  test("REFUSED carries any language in ASCII", () => {
    const bytes = refusedFrame({ cause: "policy", reason: "nicht für 蜂 🐝" });
    const text = textOfFrame(bytes.subarray(4)) ?? "";
    assert.equal(JSON.parse(text).reason, "nicht für 蜂 🐝");
  });

  test("no text is longer than its reader takes", () => {
    const reason = "x".repeat(textBytesMax);
    assert.throws(() => refusedFrame({ cause: "policy", reason }), { name: "AssertionError" });
  });

  test("bytes that are no ASCII are no text", () => {
    assert.equal(textOfFrame(Uint8Array.of(0x80)), undefined);
  });
});
