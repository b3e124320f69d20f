import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { createMetrics } from "./metrics.ts";

describe("createMetrics", () => {
  test("writes counters, gauges and histograms in Prometheus' text form", () => {
    const metrics = createMetrics();
    const clones = metrics.counter("bee_clones_total", { help: "Clones.", labels: ["workload"] });
    clones.add({ workload: 'a"b\\c\nd' });
    clones.add({ workload: 'a"b\\c\nd' }, 2);
    const members = metrics.gauge("bee_members", { help: "Members\nseen." });
    metrics.onCollect(() => members.set(3));
    const times = metrics.histogram("bee_seconds", { help: "Times.", buckets: [0.1, 1] });
    for (const value of [0.05, 0.1, 0.5, 9]) times.observe(value);
    assert.equal(
      metrics.text(),
      [
        "# HELP bee_clones_total Clones.",
        "# TYPE bee_clones_total counter",
        'bee_clones_total{workload="a\\"b\\\\c\\nd"} 3',
        "# HELP bee_members Members\\nseen.",
        "# TYPE bee_members gauge",
        "bee_members 3",
        "# HELP bee_seconds Times.",
        "# TYPE bee_seconds histogram",
        'bee_seconds_bucket{le="0.1"} 2',
        'bee_seconds_bucket{le="1"} 3',
        'bee_seconds_bucket{le="+Inf"} 4',
        "bee_seconds_sum 9.65",
        "bee_seconds_count 4",
        "",
      ].join("\n"),
    );
  });

  test("counts label values beyond 1000 under other", () => {
    const metrics = createMetrics();
    const paths = metrics.counter("paths_total", { help: "Paths.", labels: ["path"] });
    for (let index = 0; index < 5000; index += 1) paths.add({ path: `/${index}` });
    assert.equal(metrics.text().split("\n").length, 2 + 1001 + 1);
    assert.match(metrics.text(), /paths_total\{path="other"\} 4000\n/u);
  });

  test("keeps every sample on one line, whatever its labels hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const metrics = createMetrics();
        metrics.counter("one", { help: "One.", labels: ["label"] }).add({ label: value });
        assert.equal(metrics.text().split("\n").length, 4);
      }),
    );
  });

  test("refuses a doubled or malformed name", () => {
    const metrics = createMetrics();
    metrics.gauge("one", { help: "One." });
    assert.throws(() => metrics.gauge("one", { help: "One." }), TypeError);
    assert.throws(() => metrics.gauge("a b", { help: "" }), TypeError);
  });
});
