import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Meter } from "./meter.ts";

describe("Meter", () => {
  test("writes what was counted, under the names that are documented", (t) => {
    const meter = new Meter();
    assert.equal(meter.text(), "");
    const facts = { direction: "out", target: "shop/web", protocol: "http1" } as const;
    meter.request({ ...facts, code: 200, durationMs: 3 });
    meter.request({ ...facts, code: 503, durationMs: 0.2 });
    meter.connectionOpened("out", "shop/web", "http1");
    meter.connectionOpened("in", "pod", "tcp");
    meter.connectionClosed("in");
    meter.bytes("out", "sent", "shop/web").add(1000);
    meter.bytes("out", "received", "shop/web").add(10);
    meter.refused("in", "policy");
    meter.retried("shop/web");
    meter.ejected("shop/web");
    t.assert.fileSnapshot(meter.text(), `${import.meta.dirname}/testdata/meter.txt`, {
      serializers: [String],
    });
  });

  test("fits into one line of the sidecar's channel, whatever it is fed", () => {
    const meter = new Meter();
    for (let number = 0; number < 2000; number += 1) {
      const target = `${"n".repeat(63)}/${number}${"s".repeat(59)}`;
      for (const direction of ["in", "out"] as const) {
        const facts = { direction, target, protocol: "http1" } as const;
        meter.request({ ...facts, code: 100 + (number % 500), durationMs: number });
        meter.connectionOpened(direction, target, "grpc");
        meter.bytes(direction, "sent", target).add(2 ** 40);
        meter.refused(direction, target);
      }
      meter.retried(target);
      meter.ejected(target);
    }
    const line = JSON.stringify({ kind: "metrics", id: 1, text: meter.text() });
    assert(line.length < 176 * 1024, `${line.length} characters`);
  });
});
