import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { scenarios } from "./scenarios.ts";

const options = { seed: 7, machines: 4, pods: 8 };

describe("scenarios", () => {
  for (const [name, scenario] of Object.entries(scenarios)) {
    test(`${name} ends well, and twice the same`, () => {
      const first = scenario(options);
      assert.deepEqual(first.violations, []);
      assert.deepEqual(scenario(options), first);
    });
  }
});
