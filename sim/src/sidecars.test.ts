import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Story } from "./scenarios/story.ts";
import { Sidecars } from "./sidecars.ts";

interface Watched {
  readonly story: Story;
  readonly sidecars: Sidecars;
  /** What was observed, by its name. */
  readonly observed: string[];
}

function watched(seed: number, machines: number): Watched {
  const observed: string[] = [];
  const story = new Story({ seed, machines, pods: machines }, (_, effect) => {
    if (effect.kind === "observe") observed.push(effect.event);
  });
  const sidecars = new Sidecars(story.mesh, seed);
  story.pass(3000);
  return { story, sidecars, observed };
}

describe("Sidecars", () => {
  test("there is one for each pod that runs, and they miss nobody while all is well", () => {
    const { story, sidecars } = watched(1, 4);
    story.pass(20_000);
    assert.equal(sidecars.count, 4);
    assert.equal(sidecars.asked, 0);
    assert(story.end("watched", 1).ok);
  });

  test("miss what is cut off from them alone, and nobody is stopped for it", () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const { story, sidecars, observed } = watched(seed, 3);
      const { world } = story.mesh;
      const [first = "", second = ""] = world.ids;
      // The third machine reaches both, so that both are held alive.
      world.cut("line", [first], [second]);
      story.pass(20_000);
      const { violations } = story.end("watched", seed);
      assert.deepEqual(violations, [], `seed ${seed}`);
      assert(!observed.includes("clone.published"), `seed ${seed}: ${sidecars.asked}`);
    }
  });

  test("end with their pods", () => {
    const { story, sidecars } = watched(3, 3);
    const [first = ""] = story.mesh.world.ids;
    story.crash(first);
    story.pass(15_000);
    assert.equal(sidecars.count, 3);
    assert.equal(story.end("watched", 3).ok, true);
  });
});
