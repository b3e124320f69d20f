import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { gatherMetrics } from "./gathering.ts";

const own = `# HELP beemesh_machines Machines held to be alive
# TYPE beemesh_machines gauge
beemesh_machines 3
# HELP beemesh_workload_connections_total By path
# TYPE beemesh_workload_connections_total counter
beemesh_workload_connections_total{path="local"} 2
`;

const histogram = `# TYPE beemesh_workload_open_seconds histogram
beemesh_workload_open_seconds_bucket{le="0.1"} 1
beemesh_workload_open_seconds_bucket{le="+Inf"} 1
beemesh_workload_open_seconds_sum 0.05
beemesh_workload_open_seconds_count 1
`;

const pod = (name: string, text: string) => ({ namespace: "shop", pod: name, text });

describe("gatherMetrics", () => {
  test("without sidecars is what the machine says", () => {
    assert.equal(gatherMetrics(own, []), own);
  });

  test("shows what sidecars count of HTTP and of policies", () => {
    const page = 'beemesh_proxy_retries_total{target="a"} 1\nbeemesh_policy_refused_total 2\n';
    const text = gatherMetrics("", [pod("a", page)]);
    assert(text.includes('beemesh_proxy_retries_total{namespace="shop",pod="a",target="a"} 1'));
    assert(text.includes('beemesh_policy_refused_total{namespace="shop",pod="a"} 2'));
  });

  test("shows each family once, with the pods' samples under it", () => {
    const counter = `# HELP beemesh_workload_connections_total Mine
beemesh_workload_connections_total{direction="in"} 5
`;
    const text = gatherMetrics(own, [pod("a", counter), pod("b", counter + histogram)]);
    const lines = text.split("\n");
    assert.equal(lines.filter((line) => line.startsWith("# HELP")).length, 2);
    const start = lines.indexOf("# HELP beemesh_workload_connections_total By path");
    assert.deepEqual(lines.slice(start + 1, start + 5), [
      "# TYPE beemesh_workload_connections_total counter",
      'beemesh_workload_connections_total{path="local"} 2',
      'beemesh_workload_connections_total{namespace="shop",pod="a",direction="in"} 5',
      'beemesh_workload_connections_total{namespace="shop",pod="b",direction="in"} 5',
    ]);
    const head = lines.indexOf("# TYPE beemesh_workload_open_seconds histogram");
    assert.equal(
      lines[head + 4],
      'beemesh_workload_open_seconds_count{namespace="shop",pod="b"} 1',
    );
  });

  for (const [what, line] of [
    ["a name of the machine's", "beemesh_machines 9"],
    ["another pod's labels", 'beemesh_workload_x{pod="b"} 1'],
    ["another pod's labels behind others", 'beemesh_workload_x{a="1",namespace="b"} 1'],
    ["labels that break out", 'beemesh_workload_x{a="1"} 1\u0085{b="2"} 1'],
    ["a value that is none", "beemesh_workload_x yes"],
    ["a time", "beemesh_workload_x 1 1700000000000"],
    ["no sample", "hello"],
  ] as const)
    test(`leaves out ${what}`, () => {
      assert.equal(gatherMetrics(own, [pod("a", `${line}\n`)]), own);
    });

  test("leaves out a sidecar that says too much, and keeps the others", () => {
    const long = "beemesh_workload_x 1\n".repeat(10_000);
    const text = gatherMetrics("", [pod("a", long), pod("b", "beemesh_workload_x 1\n")]);
    assert.equal(text, 'beemesh_workload_x{namespace="shop",pod="b"} 1\n');
  });

  test("takes any text for what it is", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, text) => {
        const lines = gatherMetrics("", [pod(name, `beemesh_workload_x{${text}} 1`)]).split("\n");
        for (const line of lines) assert(line === "" || line.startsWith("beemesh_workload_x{"));
      }),
    );
  });
});
