/**
 * Golden traces: what replicas said and did in each story, line by line. Rewrite with
 * `node --test --test-update-snapshots`.
 */
import { test } from "node:test";
import { Group } from "./group.test.ts";

function groupOf(count: number): Group {
  const group = new Group({ seed: 12, count, replaceMsMax: 500 });
  group.run(4000);
  return group;
}

const stories: Readonly<Record<string, () => Group>> = {
  "all-is-well": () => groupOf(3),
  "one-dies": () => {
    const group = groupOf(4);
    group.kill("r2");
    group.run(6000);
    return group;
  },
  "the-first-heir-dies-too": () => {
    const group = groupOf(4);
    group.kill("r2");
    group.kill("r1");
    group.run(9000);
    return group;
  },
  "one-way-is-cut": () => {
    const group = groupOf(3);
    group.cut("r0", "r1");
    group.run(4000);
    return group;
  },
  "one-was-paused": () => {
    const group = groupOf(3);
    group.pause("r0", 5000);
    group.run(9000);
    return group;
  },
};

for (const [name, story] of Object.entries(stories)) {
  test(`trace: ${name}`, (t) => {
    const text = `${story().log.join("\n")}\n`;
    t.assert.fileSnapshot(text, `${import.meta.dirname}/testdata/${name}.txt`, {
      serializers: [String],
    });
  });
}
