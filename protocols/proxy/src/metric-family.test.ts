import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { labelPair, MetricFamily } from "./metric-family.ts";

const counter = {
  name: "calls_total",
  help: "Calls.",
  type: "counter",
  labels: ["way", "target"],
  openLabels: ["target"],
  seriesMax: 3,
} as const;

describe("MetricFamily", () => {
  test("writes Prometheus' text format", () => {
    const family = new MetricFamily(counter);
    assert.equal(family.text(), "");
    family.series("in", "a").add(2);
    family.series("in", "a").add(1);
    assert.equal(
      family.text(),
      '# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{way="in",target="a"} 3\n',
    );
  });

  test("puts what is too much, or too long, under `other`", () => {
    const family = new MetricFamily(counter);
    for (let target = 0; target < 1000; target += 1) family.series("in", `t${target}`).add(1);
    family.series("out", "x".repeat(200)).add(1);
    const lines = family.text().trimEnd().split("\n");
    assert.equal(lines.length, 2 + 3 + 2);
    assert(lines.includes('calls_total{way="in",target="other"} 997'));
    assert(lines.includes('calls_total{way="out",target="other"} 1'));
  });

  test("counts durations in buckets that include the smaller ones", () => {
    const family = new MetricFamily({ ...counter, name: "d", type: "histogram", labels: [] });
    for (const seconds of [0.0005, 0.0006, 1, 100]) family.series().observe(seconds);
    const text = family.text();
    assert.match(text, /^d_bucket\{le="0.0005"\} 1$/mu);
    assert.match(text, /^d_bucket\{le="0.001"\} 2$/mu);
    assert.match(text, /^d_bucket\{le="32.768"\} 3$/mu);
    assert.match(text, /^d_bucket\{le="\+Inf"\} 4$/mu);
    assert.match(text, /^d_sum 101.0011$/mu);
    assert.match(text, /^d_count 4$/mu);
  });

  test("escapes values", () => {
    assert.equal(labelPair("a", 'b"\\\n'), 'a="b\\"\\\\\\n"');
  });
});
