import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { edits, partition, reboot, survivor } from "./stories.ts";

describe("stories", () => {
  for (const [name, story] of Object.entries({ partition, reboot, survivor })) {
    test(`${name} ends well in meshes of two to five`, () => {
      for (let seed = 0; seed < 8; seed += 1) {
        const { violations } = story({ seed, machines: 2 + (seed % 4) });
        assert.deepEqual(violations, [], `seed ${seed}`);
      }
    });
  }

  test("edits of both sides of a cut are all promises, and all are kept", () => {
    for (let seed = 0; seed < 18; seed += 1) {
      const { violations, metrics } = edits({ seed, machines: 2 + (seed % 6) });
      assert.deepEqual(violations, [], `seed ${seed}`);
      assert.equal(metrics["acknowledged"], 5, `seed ${seed}: one made it, four changed it`);
    }
  });
});
