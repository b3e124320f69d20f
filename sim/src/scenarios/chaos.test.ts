import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChaosOptions, chaos } from "./chaos.ts";

test("chaos is a function of its seed, shows its story and takes a number of machines", () => {
  const story: string[] = [];
  let effects = 0;
  const count = { seed: 3, machines: 3 };
  const watch = (): void => {
    effects += 1;
  };
  const first = chaos({ ...count, watch, progress: (line) => story.push(line) });
  assert(first.ok && effects > 100 && story.length === first.metrics["deeds"]);
  assert.deepEqual(chaos(count), first);
});

test("chaos ends as well where webhooks and policies judge each pod, for 30 seeds", () => {
  let marked = 0;
  const watch: ChaosOptions["watch"] = (_, effect) => {
    if (effect.kind !== "persist") return;
    marked += effect.entries.filter(({ body }) => body.includes('"MARKED"')).length;
  };
  for (let seed = 0; seed < 30; seed += 1) {
    const { violations } = chaos({ seed, judged: true, watch });
    assert.deepEqual(violations, [], `seed ${seed}`);
  }
  assert(marked > 100, `pods are as the webhook has made them: ${marked}`);
});

test("chaos ends as well while sidecars ask for clones of what they miss, for 30 seeds", () => {
  let asked = 0;
  for (let seed = 0; seed < 30; seed += 1) {
    const { violations, metrics } = chaos({ seed, sidecars: true });
    assert.deepEqual(violations, [], `seed ${seed}`);
    asked += metrics["asked"] ?? 0;
  }
  assert(asked > 10, `they miss somebody now and then: ${asked}`);
});
