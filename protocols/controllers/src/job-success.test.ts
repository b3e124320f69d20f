import assert from "node:assert/strict";
import { test } from "node:test";
import { jobOf } from "./job-scene.test.ts";
import { successRuleOf } from "./job-success.ts";

test("successRuleOf finds the first rule that a Job meets", () => {
  const rules = [
    { succeededIndexes: "1-2,4" },
    { succeededIndexes: "0-3", succeededCount: 2 },
    { succeededCount: 4 },
    { succeededIndexes: "" },
  ];
  const job = jobOf({ completions: 5, successPolicy: { rules } });
  const ruleOf = (...done: readonly number[]) => successRuleOf(job, new Set(done));
  assert.equal(ruleOf(), undefined);
  assert.equal(ruleOf(1, 4), undefined);
  assert.equal(ruleOf(1, 2, 4), 0);
  assert.equal(ruleOf(0, 3), 1);
  assert.equal(successRuleOf(jobOf({ completions: 5 }), new Set([1, 2, 4])), undefined);
  const none = jobOf({ completions: 5, successPolicy: { rules: [{ succeededCount: 0 }] } });
  assert.equal(successRuleOf(none, new Set()), undefined, "one at least has succeeded");
});
