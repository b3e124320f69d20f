import assert from "node:assert/strict";
import { test } from "node:test";
import { type Span, SpanQueue } from "./span.ts";

const span: Span = {
  context: { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true },
  parentSpanId: "",
  name: "GET",
  kind: "client",
  startWallMs: 0,
  durationMs: 1,
  attributes: {},
  isError: false,
};

test("a queue of spans gives the oldest first, and counts what it cannot hold", () => {
  const queue = new SpanQueue();
  for (let number = 0; number < 600; number += 1) queue.push({ ...span, name: String(number) });
  assert.equal(queue.size, 512);
  assert.equal(queue.dropped, 88);
  assert.deepEqual(
    queue.take(2).map(({ name }) => name),
    ["0", "1"],
  );
  assert.equal(queue.take(1000).length, 510);
  assert.equal(queue.size, 0);
});
