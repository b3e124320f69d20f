import assert from "node:assert/strict";
import { test } from "node:test";
import { type Deployment, replicaSetOf } from "@beemesh/model";
import { replicaSetResource } from "./kinds.ts";
import { revisionAnnotation, revisionOf, revisionsOf, sumOf } from "./revisions.ts";
import { viewOf } from "./sight.ts";
import { withOwners } from "./view.ts";

const labels = { app: "web" };

function deployment(image: string): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default", uid: "D" },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image }] } },
    },
  };
}

test("the revisions of a Deployment are its ReplicaSets, by template and by owner", () => {
  const view = viewOf();
  for (const image of ["i:1", "i:2", "i:3"]) {
    const set = replicaSetOf(deployment(image));
    const owned = { ...set, metadata: { ...set.metadata, uid: image } };
    const object = image === "i:3" ? withOwners(owned, []) : owned;
    view.store.putSpec(replicaSetResource, object);
  }
  const { current, earlier, orphans } = revisionsOf(deployment("i:2"), view);
  assert.equal(current?.set.metadata.uid, "i:2");
  assert.deepEqual(
    earlier.map(({ set }) => set.metadata.uid),
    ["i:1"],
  );
  assert.deepEqual(
    orphans.map(({ metadata }) => metadata.uid),
    ["i:3"],
  );
  assert.equal(sumOf(earlier, "wanted"), 1);
});

test("a revision is a number, or 0", () => {
  const annotated = (revision: string) => ({
    metadata: { name: "r", annotations: { [revisionAnnotation]: revision } },
  });
  assert.equal(revisionOf(annotated("7")), 7);
  assert.equal(revisionOf(annotated("seven")), 0);
  assert.equal(revisionOf({ metadata: { name: "r" } }), 0);
});
