import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter } from "@beemesh/proxy";
import { lineLengthMax } from "@beemesh/workload";
import { Meters } from "./metrics.ts";
import { pageLengthMax, pageOf } from "./metrics-page.ts";

test("a page is what was counted", () => {
  const meter = new Meter();
  meter.refused("in", "policy");
  assert.equal(pageOf(meter.text()), meter.text());
});

test("a page stays a line of the channel, and whole families, whatever is called", () => {
  const meters = new Meters();
  const meter = new Meter();
  for (let index = 0; index < 2000; index += 1) {
    const target = `${"n".repeat(60)}/${"s".repeat(60)}${index}`;
    const labels = { direction: "out", peer: target };
    meters.count("beemesh_workload_peer_connections_total", labels);
    meter.request({ direction: "out", target, protocol: "http1", code: 200, durationMs: 1 });
    meter.connectionOpened("out", target, "http1");
    meter.bytes("out", "sent", target).add(1);
    meter.retried(target);
    meter.ejected(target);
    meter.http2("streams", target, "grpc", 1);
    meter.http2("resets", target, "grpc", 1);
    meter.http2("goaways", target, "grpc", 1);
  }
  const whole = meters.text() + meter.text();
  const page = pageOf(whole);
  assert(whole.length > pageLengthMax, `${whole.length}`);
  assert(page.length <= pageLengthMax);
  assert(JSON.stringify({ kind: "metrics", id: 2 ** 53 - 1, text: page }).length < lineLengthMax);
  assert(page.startsWith("# HELP ") && page.endsWith("\n"));
  const all = new Set(whole.split(/(?=^# HELP )/mu));
  for (const family of page.split(/(?=^# HELP )/mu)) assert(all.has(family));
});
