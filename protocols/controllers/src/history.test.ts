import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatefulSet } from "@beemesh/model";
import { forgetting, historyOf, numberOf } from "./history.ts";
import { controllerRevisionResource } from "./kinds.ts";
import { viewOf } from "./sight.ts";

const set = (image: string): StatefulSet => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "db", namespace: "default", uid: "S" },
  spec: {
    revisionHistoryLimit: 0,
    selector: { matchLabels: { app: "db" } },
    template: { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "c", image }] } },
  },
});

test("the present template has the highest number, and what no pod is of is forgotten", () => {
  const view = viewOf();
  for (const image of ["a", "b", "a"]) {
    const effects = historyOf(set(image), view).actions.flatMap((action) => action.effects);
    for (const effect of effects) {
      if (effect.kind === "put") view.store.putSpec(effect.resource, effect.object);
    }
  }
  const history = historyOf(set("a"), view);
  assert.deepEqual(history.actions, []);
  assert.equal(numberOf(history.update), 3);
  assert.deepEqual(
    history.known.map(numberOf).toSorted((a, b) => a - b),
    [2, 3],
  );
  const other = history.known.find((each) => each !== history.update)?.metadata.name ?? "";
  assert.equal(forgetting(set("a"), history, new Set()).length, 1);
  assert.equal(forgetting(set("a"), history, new Set([other])).length, 0);
  assert.equal(view.store.list(controllerRevisionResource).items.length, 2);
});
