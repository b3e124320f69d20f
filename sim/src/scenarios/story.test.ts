import assert from "node:assert/strict";
import { test } from "node:test";
import { Story } from "./story.ts";

test("a story whose end is not as it should be is told so", () => {
  let effects = 0;
  const story = new Story({ seed: 4, machines: 2, pods: 2 }, () => {
    effects += 1;
  });
  const { world } = story.mesh;
  assert.equal(story.runningOn(world.ids), 2);
  assert(effects > 100, "each effect is shown");
  const [first = ""] = world.ids;
  const [pod] = world.runtime(first).list();
  assert(pod, "a pod runs on each of two machines");
  // Nobody has touched this pod, as far as the story knows.
  world.killPod(first, pod.uid);
  const { ok, violations } = story.end("told", 4);
  assert(!ok);
  assert.deepEqual(
    violations.map(({ invariant }) => invariant),
    ["continuity"],
  );
});
