import assert from "node:assert/strict";
import { test } from "node:test";
import { SpanQueue } from "@beemesh/proxy";
import { readSidecarMessage, type SidecarMessage, spansMax } from "@beemesh/workload";
import { SpanSender } from "./span-sender.ts";

const span = {
  context: { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true },
  parentSpanId: "",
  name: "GET",
  kind: "client",
  startWallMs: 1,
  durationMs: 2,
  attributes: { "http.response.status_code": 200 },
  isError: false,
} as const;

test("spans are handed over once a second, in messages that the machine takes", (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const queue = new SpanQueue();
  const told: SidecarMessage[] = [];
  const channel = { isAttached: false, tell: (message: SidecarMessage) => void told.push(message) };
  const sender = new SpanSender(queue, channel);
  sender.turn(true);
  for (let count = 0; count < spansMax + 1; count += 1) queue.push(span);
  t.mock.timers.tick(1000);
  assert.equal(told.length, 0, "they wait for a machine");
  channel.isAttached = true;
  t.mock.timers.tick(1000);
  for (const message of told) {
    assert.deepEqual(readSidecarMessage(JSON.parse(JSON.stringify(message))), message);
  }
  const counts = told.map((message) => (message.kind === "spans" ? message.spans.length : 0));
  assert.deepEqual(counts, [spansMax, 1]);
  queue.push(span);
  sender.turn(false);
  t.mock.timers.tick(5000);
  assert.equal(told.length, 2);
  sender.close();
});
