import assert from "node:assert/strict";
import { test } from "node:test";
import { drawAbsences, drawFailures, drawTable, type Row, reportOf } from "./table.ts";

const rows: readonly Row[] = [
  {
    verb: "apply",
    conformance: ["patch", "diff"],
    cells: new Map([
      ["1.27", { kind: "pass", tookMs: 1 }],
      ["1.33", { kind: "fail", tookMs: 2, reason: "it said\nno" }],
    ]),
  },
  {
    verb: "top node",
    cells: new Map([
      ["1.27", { kind: "absent", reason: "unknown command" }],
      ["1.33", { kind: "skip", reason: "nobody measures" }],
    ]),
  },
];

test("a table has a row each verb and a column each version", () => {
  assert.equal(
    drawTable(["1.27", "1.33"], rows),
    "VERB      1.27  1.33\napply     ✔     ✖\ntop node  –     ?",
  );
  assert.equal(drawAbsences(rows), "– 1.27 top node: unknown command");
  assert.equal(drawFailures(rows), "✖ 1.33 apply\n    it said\n    no");
});

test("a report counts, and names what could not be shown", () => {
  const report = reportOf(["1.27", "1.33"], rows, 3.4);
  assert.deepEqual(
    [report.ok, report.passed, report.failed, report.tookMs, report.skipped],
    [false, 1, 1, 3, ["top node: nobody measures"]],
  );
  assert.deepEqual(report.conformance, { patch: "fail", diff: "fail" });
  assert.deepEqual(report.rows[0], { verb: "apply", cells: { "1.27": "pass", "1.33": "fail" } });
  assert.equal(reportOf(["1.27"], [], 0).ok, false, "what shows nothing is not well");
});
