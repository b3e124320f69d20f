import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "./log.ts";
import { tell } from "./observations.ts";

test("tell writes the line of a clone task to the letter", () => {
  const lines: string[] = [];
  const log = createLog({
    format: "text",
    level: "info",
    write: (line) => lines.push(line),
    wallMs: () => 0,
  });
  tell(log, "clone.published", { task: "t1", workload: "default/web", reason: "sidecar" });
  tell(log, "auction.awarded", { task: "t1" });
  tell(log, "machine.dead", { peer: "p" });
  assert.match(lines[0] ?? "", /Published clone task t1 for default\/web$/mu);
  assert.match(lines[1] ?? "", /warn +Machine is gone peer=p/u);
  assert.equal(lines.length, 2);
});
