import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { childOf, newTrace, readTraceparent, traceparentOf } from "./trace-context.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const span = "00f067aa0ba902b7";

describe("traceparent (W3C Trace Context, section 3.2)", () => {
  test("is read and written", () => {
    const context = readTraceparent(`00-${trace}-${span}-01`);
    assert.deepEqual(context, { traceId: trace, spanId: span, isSampled: true });
    assert.equal(traceparentOf(context), `00-${trace}-${span}-01`);
    assert.equal(readTraceparent(`00-${trace}-${span}-02`)?.isSampled, false);
    assert.equal(readTraceparent(`cc-${trace}-${span}-01-what-is-later`)?.traceId, trace);
  });

  for (const text of [
    "",
    `00-${trace}-${span}`,
    `00-${trace}-${span}-01-more`,
    `ff-${trace}-${span}-01`,
    `cc-${trace}-${span}-01.more`,
    `00-${"0".repeat(32)}-${span}-01`,
    `00-${trace}-${"0".repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}-0g`,
    `01-${trace}-${span}-01-${"x".repeat(600)}`,
  ])
    test(`is not ${JSON.stringify(text.slice(0, 70))}`, () => {
      assert.equal(readTraceparent(text), undefined);
    });

  test("is made anew, or for a span inside another", () => {
    const random = seededRandom(1);
    const root = newTrace(random, true);
    assert.deepEqual(readTraceparent(traceparentOf(root)), root);
    const child = childOf(root, random);
    assert.equal(child.traceId, root.traceId);
    assert.notEqual(child.spanId, root.spanId);
    const zero = newTrace({ below: () => 0 }, false);
    assert.deepEqual(readTraceparent(traceparentOf(zero)), zero, "never all zero");
  });
});
