import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, seededRandom } from "@beemesh/base";
import { requestSpan, traceOf } from "./request-trace.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = "00f067aa0ba902b7";

describe("the trace of a request", () => {
  const random = seededRandom(1);

  test("is nobody's where traces are not wanted", () => {
    assert.equal(traceOf(`00-${trace}-${parent}-01`, undefined, random), undefined);
  });

  test("goes on if it is sampled, as a child of who began it", () => {
    const child = traceOf(`00-${trace}-${parent}-01`, 0, random);
    assert.equal(child?.context.traceId, trace);
    assert.notEqual(child?.context.spanId, parent);
    assert.equal(child?.parentSpanId, parent);
    assert.equal(traceOf(`00-${trace}-${parent}-00`, 1, random), undefined);
  });

  test("begins for a share of the requests without one", () => {
    const begun = Array.from({ length: 1000 }, () => traceOf("", 0.1, random)).filter(Boolean);
    assert(begun.length > 50 && begun.length < 150, `${begun.length}`);
    assert.equal(traceOf("", 1, random)?.parentSpanId, "");
  });

  test("has spans without what may be secret", () => {
    const traced = traceOf("", 1, random);
    assert(traced);
    const span = requestSpan(traced, {
      kind: "server",
      started: { at: instantAt(0), wallMs: 5 },
      durationMs: 1,
      method: "GET",
      path: `/${"x".repeat(300)}?token=secret`,
      host: "db",
      isError: false,
      more: { more: 1 },
    });
    assert.doesNotMatch(JSON.stringify(span), /secret/u);
    assert.equal(String(span.attributes["url.path"]).length, 256);
    assert.deepEqual([span.kind, span.attributes["more"]], ["server", 1]);
  });
});
