import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { boundAtAnnotation, replacesAnnotation } from "@beemesh/controllers";
import type { KubeObject, Pod } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { formatStamp } from "@beemesh/wire";
import { Runner, type RunnerEffect } from "./runner.ts";

const now: Now = { at: instantAt(0), wallMs: 5000 };

function podOn(nodeName: string, uid: string, annotations: Record<string, string> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "shop", uid, annotations },
    spec: { nodeName, containers: [{ name: "web", image: "x" }] },
  };
}

const boundAt = (wallMs: number): Record<string, string> => ({
  [boundAtAnnotation]: formatStamp({ wallMs, counter: 0, machine: "m2" }),
});

/** A runner on machine m1 whose registry holds what `records` holds at each look. */
function runnerWith(
  records: Map<string, KubeObject | "deleted">,
  heldSinceMs: (uid: string) => number | undefined = () => 1000,
): Runner {
  const find = (name: string): KubeObject | "deleted" | undefined => records.get(name);
  const objects: Pick<ObjectStore, "get"> = {
    get: (_resource, _namespace, name) => {
      const found = find(name);
      return found === "deleted" ? undefined : found;
    },
  };
  return new Runner({
    nodeName: "m1",
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the runner only reads objects
    objects: objects as ObjectStore,
    heldSinceMs,
    wasDeleted: (_namespace, name) => find(name) === "deleted",
  });
}

const summary = (effects: readonly RunnerEffect[]): string[] =>
  effects.map((effect) =>
    effect.kind === "pods"
      ? `${effect.event.kind} ${"uid" in effect.event ? effect.event.uid : ""}`.trim()
      : effect.kind,
  );

describe("Runner", () => {
  test("takes a pod whose record names this machine, and no other", () => {
    const records = new Map<string, KubeObject | "deleted">([["web", podOn("m2", "a")]]);
    const runner = runnerWith(records);
    assert.deepEqual(runner.look("shop", "web", now), []);
    records.set("web", podOn("m1", "a"));
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["assign"]);
  });

  test("stops a pod that was deleted, and keeps one whose record is merely absent", () => {
    const records = new Map<string, KubeObject | "deleted">([["web", podOn("m1", "a")]]);
    const runner = runnerWith(records);
    runner.look("shop", "web", now);
    records.delete("web");
    assert.deepEqual(runner.look("shop", "web", now), []);
    records.set("web", "deleted");
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["unassign a"]);
  });

  test("reasserts a pod older than its replacement, and stops one that is younger", () => {
    const replaced = (wallMs: number): Pod =>
      podOn("m2", "b", { [replacesAnnotation]: "a", ...boundAt(wallMs) });
    const records = new Map<string, KubeObject | "deleted">([["web", podOn("m1", "a")]]);
    const runner = runnerWith(records);
    runner.look("shop", "web", now);
    records.set("web", replaced(2000));
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["reassert"]);
    records.set("web", replaced(500));
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["unassign a"]);
  });

  test("lets go of a pod that was lost here, whatever its age", () => {
    const records = new Map<string, KubeObject | "deleted">([["web", podOn("m1", "a")]]);
    const runner = runnerWith(records, () => undefined);
    runner.look("shop", "web", now);
    records.set("web", podOn("m1", "b", { [replacesAnnotation]: "a" }));
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["unassign a", "assign"]);
  });

  test("does not start a pod whose owner is unknown, until the owner comes", () => {
    const pod = podOn("m1", "a");
    const owned: Pod = {
      ...pod,
      metadata: {
        ...pod.metadata,
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "ReplicaSet", name: "rs", uid: "r", controller: true },
        ],
      },
    };
    const runner = runnerWith(new Map([["web", owned]]));
    const [rejected, lacks, wake, ...more] = runner.look("shop", "web", now);
    assert(rejected?.kind === "observe" && rejected.event === "pod.rejected");
    const record = { collection: "replicasets.apps/shop", name: "rs" };
    assert.deepEqual([lacks, more], [{ kind: "lacks", record }, []]);
    assert(wake?.kind === "wake");
    assert.deepEqual(runner.tick(now), []);
    const later = { at: wake.at, wallMs: 0 };
    assert.deepEqual(summary(runner.tick(later)), ["observe", "lacks", "wake"]);
    assert.deepEqual(summary(runner.ownersChanged(now)), ["observe", "lacks", "wake"]);
  });

  test("does not start a finished pod again", () => {
    const runner = runnerWith(
      new Map([["web", { ...podOn("m1", "a"), status: { phase: "Failed" } }]]),
    );
    // It is held all the same, for its logs: that it had ended is in its record.
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["assign"]);
  });
});
