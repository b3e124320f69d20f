/** What is made of a pod that a sidecar missed, on a machine that keeps nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { derivePod, isReplicaSet, type KubeObject, type Pod } from "@beemesh/model";
import { Controllers } from "./controllers.ts";
import type { ControllersEffect } from "./effect.ts";
import { podResource, replicaSetResource } from "./kinds.ts";
import { replacesAnnotation } from "./settlement.ts";
import { Shelf } from "./shelf.ts";

const labels = { app: "web" };
const set: KubeObject = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: { name: "web", namespace: "default", uid: "R" },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: "web", image: "nginx:1" }] },
    },
  },
};

const at = (ms: number): Now => ({ at: instantAt(ms), wallMs: ms });

function podIn(slot: number, uid: string): Pod {
  assert(isReplicaSet(set));
  const pod = derivePod(set, slot, uid);
  return { ...pod, spec: { ...pod.spec, nodeName: `m${slot}` } };
}

function shelfOf(...objects: readonly KubeObject[]): Shelf {
  const store = new Shelf();
  for (const object of objects) {
    store.putSpec(object.kind === "Pod" ? podResource : replicaSetResource, object);
  }
  return store;
}

function lose(store: Shelf, pod: Pod, rank?: number): readonly ControllersEffect[] {
  const members = { rankOf: () => rank, isAlive: () => true };
  const controllers = new Controllers({ self: "ann", store, members });
  controllers.step({ kind: "tick" }, at(0));
  const effects = controllers.step({ kind: "lost", pod }, at(1));
  for (const effect of effects) {
    if (effect.kind === "put") store.putSpec(effect.resource, effect.object);
  }
  // Whoever offers the clone does not offer it twice.
  const later = controllers.step({ kind: "tick" }, at(5000));
  assert(!later.some(({ kind }) => kind === "schedule"));
  return effects.filter(({ kind }) => kind !== "wake" && kind !== "event");
}

describe("a pod that a sidecar missed", () => {
  test("is replaced under its name and offered, whoever keeps its collections", () => {
    const [lost, other] = [podIn(0, "A"), podIn(1, "B")];
    for (const rank of [undefined, 0, 3]) {
      const [put, offer, told] = lose(shelfOf(set, lost, other), lost, rank);
      assert(put?.kind === "put" && offer?.kind === "schedule" && told?.kind === "observe");
      const { metadata, spec } = put.object;
      assert.equal(metadata.name, lost.metadata.name);
      assert(metadata.uid !== "A");
      assert.equal(metadata.annotations?.[replacesAnnotation], "A");
      assert(!JSON.stringify(spec).includes("nodeName"));
      assert.deepEqual([offer.reason, offer.cause, offer.pods.length], ["clone", "sidecar", 1]);
      assert.equal(told.event, "clone.published");
      assert.deepEqual(told.facts, {
        task: offer.task,
        workload: "default/web",
        reason: "sidecar",
      });
    }
  });

  const gone = podIn(0, "A");
  const ending = { ...gone, metadata: { ...gone.metadata, deletionTimestamp: "now" } };
  for (const [why, store, pod] of [
    ["has been replaced already", shelfOf(set, podIn(0, "C")), gone],
    ["is ending", shelfOf(set, ending), gone],
    ["is not known any more", shelfOf(set), gone],
    ["has an owner that is not known", shelfOf(gone), gone],
    [
      "is one too many",
      shelfOf({ ...set, spec: { ...Object(set.spec), replicas: 1 } }, podIn(0, "A"), podIn(1, "B")),
      podIn(1, "B"),
    ],
    [
      "fills no slot",
      shelfOf(set, { ...gone, metadata: { ...gone.metadata, annotations: {} } }),
      { ...gone, metadata: { ...gone.metadata, annotations: {} } },
    ],
  ] as const)
    test(`is left alone if it ${why}`, () => {
      assert.deepEqual(lose(store, pod), []);
    });

  test("is offered by keepers only when its author could not", () => {
    const store = shelfOf(set, podIn(0, "A"), podIn(1, "B"));
    lose(store, podIn(0, "A"));
    const members = { rankOf: () => 0, isAlive: () => true };
    const keeper = new Controllers({ self: "bob", store, members });
    const offers = (ms: number): number =>
      keeper.step({ kind: "tick" }, at(ms)).filter(({ kind }) => kind === "schedule").length;
    assert.equal(offers(0), 0);
    assert.equal(offers(2000), 0);
    assert.equal(offers(3100), 1);
  });
});
