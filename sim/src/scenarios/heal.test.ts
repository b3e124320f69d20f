import assert from "node:assert/strict";
import { test } from "node:test";
import { heal } from "./heal.ts";

test("twelve machines heal what two ran within 3 s, and hold nobody dead by mistake", () => {
  const { violations, metrics } = heal({ seed: 5, machines: 12, pods: 60 });
  assert.deepEqual(violations, []);
  assert((metrics["healMsMax"] ?? Infinity) < 3000, JSON.stringify(metrics));
  assert.equal(metrics["falseDeaths"], 0);
});
