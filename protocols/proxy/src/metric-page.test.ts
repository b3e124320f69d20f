import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Meter } from "./meter.ts";
import { mergePages } from "./metric-page.ts";

describe("mergePages", () => {
  test("adds each page's labels, and says HELP and TYPE once", () => {
    const pages = ["web-1", "web-2"].map((pod) => {
      const meter = new Meter();
      meter.retried("shop/db");
      meter.request({ direction: "out", target: "t", protocol: "http1", code: 200, durationMs: 1 });
      return { labels: { namespace: "shop", pod }, text: meter.text() };
    });
    const text = mergePages(pages);
    assert.equal(text.match(/^# TYPE beemesh_proxy_retries_total counter$/gmu)?.length, 1);
    assert.equal(text.match(/^# HELP beemesh_proxy_retries_total /gmu)?.length, 1);
    for (const pod of ["web-1", "web-2"]) {
      const labels = `namespace="shop",pod="${pod}"`;
      assert(text.includes(`beemesh_proxy_retries_total{${labels},target="shop/db"} 1\n`));
      assert(text.includes(`beemesh_proxy_request_duration_seconds_count{${labels},direction=`));
    }
    const names = text.match(/^[a-z_]+(?=\{)/gmu) ?? [];
    const blocks = names.filter((name, index) => name !== names[index - 1]);
    assert(
      blocks.filter((name) => name.endsWith("_bucket")).length <= 2,
      "a family's samples stand together",
    );
  });

  test("believes nothing of a page: no foreign labels, no second line, no nonsense", () => {
    const text = [
      'a{pod="fake",x="1"} 1',
      "b 2",
      "c{} 3",
      'd{x="1} 4',
      "e five",
      "f 1 2",
      '{x="1"} 1',
      "# TYPE g nonsense",
      "g 0x10",
      'h{x="\\n\\"\\\\"} -1.5e-7',
      "i +Inf",
      "\u0000",
    ].join("\n");
    assert.equal(
      mergePages([{ labels: { pod: 'p"' }, text }]),
      [
        'a{pod="p\\"",exported_pod="fake",x="1"} 1',
        'b{pod="p\\""} 2',
        'c{pod="p\\""} 3',
        'h{pod="p\\"",x="\\n\\"\\\\"} -1.5e-7',
        'i{pod="p\\""} +Inf',
        "",
      ].join("\n"),
    );
  });

  test("is bounded in lines and in names", () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `m${index} 1`).join("\n");
    assert.equal(mergePages([{ labels: {}, text: many }]).split("\n").length, 256 + 1);
    const same = "m 1\n".repeat(10_000);
    assert.equal(mergePages([{ labels: {}, text: same }]).split("\n").length, 4096 + 1);
  });

  test("reads hostile lines in a time that grows with their length alone", () => {
    const line = `a{${'x="1",'.repeat(20_000)}`;
    assert.equal(mergePages([{ labels: {}, text: line }]), "");
  });
});
