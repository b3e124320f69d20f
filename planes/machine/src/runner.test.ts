import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { boundAtAnnotation, replacesAnnotation } from "@beemesh/controllers";
import {
  derivePod,
  type KubeObject,
  mutatorsAnnotation,
  type Pod,
  type ReplicaSet,
} from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { formatStamp } from "@beemesh/wire";
import { Runner, type RunnerEffect, type RunnerOptions } from "./runner.ts";

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
  roomFor: RunnerOptions["roomFor"] = () => ({ kind: "free" }),
  hasRun = false,
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
    hasRun: () => hasRun,
    roomFor,
    wasDeleted: (_namespace, name) => find(name) === "deleted",
  });
}

/** A ReplicaSet that nobody controls. */
function replicaSetNamed(name: string): ReplicaSet {
  const labels = { app: "web" };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name, namespace: "shop", uid: "r" },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "x" }] } },
    },
  };
}

/** Its pod, found under the name `web`, after a webhook has put another image in. */
function changedPodOf(set: ReplicaSet): Pod {
  const pod = derivePod(set, 0, "a");
  const note = "side/side.example.com";
  const annotations = { ...pod.metadata.annotations, [mutatorsAnnotation]: note };
  const containers = [{ name: "web", image: "changed" }];
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations },
    spec: { ...pod.spec, containers, nodeName: "m1" },
  };
}

function webhookFor(name: string): KubeObject {
  const rules = [
    { apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] },
  ];
  const configuration = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "side" },
    webhooks: [{ name, rules }],
  };
  return configuration;
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

  test("starts what a webhook has changed if that webhook is known, or was when it started", () => {
    const set = replicaSetNamed("rs");
    const changed = changedPodOf(set);
    const records = new Map<string, KubeObject | "deleted">([
      ["rs", set],
      ["web", changed],
    ]);
    const looked = (hasRun = false): string[] =>
      summary(runnerWith(records, undefined, undefined, hasRun).look("shop", "web", now));
    assert.deepEqual(looked(), ["observe", "lacks", "wake"], "nobody knows the webhook");
    assert.deepEqual(looked(true), ["assign"], "it has run here before");
    records.set("side", webhookFor("side.example.com"));
    assert.deepEqual(looked(), ["assign"]);
    records.set("side", webhookFor("other.example.com"));
    assert.deepEqual(looked(), ["observe", "wake"], "the webhook is not the one it names");
    const { [mutatorsAnnotation]: _, ...annotations } = changed.metadata.annotations ?? {};
    records.set("web", { ...changed, metadata: { ...changed.metadata, annotations } });
    records.set("side", webhookFor("side.example.com"));
    assert.deepEqual(looked(), ["observe"], "the pod names none");
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    records.set("web", { ...changed, metadata: { ...changed.metadata, deletionTimestamp } });
    assert.deepEqual(looked(), ["assign"], "nobody else ends what is being deleted");
    records.set("web", { ...changed, metadata: { ...changed.metadata, annotations } });
    assert.deepEqual(looked(true), ["assign"], "somebody has changed it since it has begun to run");
  });

  test("tells that a pod is lost whose webhook is not known for long", () => {
    const set = replicaSetNamed("rs");
    const records = new Map<string, KubeObject | "deleted">([
      ["rs", set],
      ["web", changedPodOf(set)],
    ]);
    const runner = runnerWith(records);
    const lookedAt = (ms: number): string[] =>
      summary(runner.look("shop", "web", { at: instantAt(ms), wallMs: ms }));
    assert.deepEqual(lookedAt(0), ["observe", "lacks", "wake"]);
    assert.deepEqual(lookedAt(9999), ["observe", "lacks", "wake"]);
    assert.deepEqual(lookedAt(10_000), ["observe", "disown"]);
    const { uid: _, ...place } = changedPodOf(set).metadata;
    records.set("web", { ...changedPodOf(set), metadata: { ...place, uid: "b" } });
    assert.deepEqual(lookedAt(10_001), ["observe", "lacks", "wake"], "another has its own time");
    records.delete("rs");
    assert.deepEqual(lookedAt(30_000), ["observe", "lacks", "wake"], "its owner is not known");
  });

  test("does not start a finished pod again", () => {
    const runner = runnerWith(
      new Map([["web", { ...podOn("m1", "a"), status: { phase: "Failed" } }]]),
    );
    // It is held all the same, for its logs: that it had ended is in its record.
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["assign"]);
  });

  test("has a pod wait for those that have its place, and looks again as time passes", () => {
    const other = { ...podOn("m1", "b"), metadata: { name: "old", namespace: "shop", uid: "b" } };
    const records = new Map<string, KubeObject | "deleted">([["old", other]]);
    let isFree = true;
    const asked: string[] = [];
    const runner = runnerWith(records, undefined, (pod, others) => {
      asked.push(`${pod.metadata.uid} beside ${others.map(({ metadata }) => metadata.uid).join()}`);
      return isFree ? { kind: "free" } : { kind: "taken", victims: ["b", "unknown"] };
    });
    assert.deepEqual(summary(runner.look("shop", "old", now)), ["assign"]);
    isFree = false;
    records.set("web", podOn("m1", "a"));
    const [waits] = runner.look("shop", "web", now);
    assert(waits?.kind === "waits");
    assert.deepEqual(
      [waits.pod.metadata.uid, waits.victims.map(({ metadata }) => metadata.uid)],
      ["a", ["b"]],
    );
    assert.deepEqual(summary(runner.tick(now)), ["waits"]);
    assert(runner.find("a"), "it takes its place already");
    isFree = true;
    assert.deepEqual(summary(runner.tick(now)), ["assign"]);
    assert.deepEqual(runner.tick(now), []);
    isFree = false;
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["assign"], "it was started");
    assert.deepEqual(asked, ["b beside ", "a beside b", "a beside b", "a beside b"]);
  });

  test("asks for no room for a pod that has run before, or that is deleted", () => {
    const records = new Map<string, KubeObject | "deleted">();
    const taken = (): Runner =>
      runnerWith(records, undefined, () => ({ kind: "taken", victims: [] }));
    records.set("web", { ...podOn("m1", "a"), status: { phase: "Running" } });
    assert.deepEqual(summary(taken().look("shop", "web", now)), ["assign"]);
    const pod = podOn("m1", "a");
    records.set("web", pod);
    const runner = taken();
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["waits"]);
    records.set("web", { ...pod, metadata: { ...pod.metadata, deletionTimestamp: "now" } });
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["assign"]);
    records.set("web", "deleted");
    assert.deepEqual(summary(runner.look("shop", "web", now)), ["unassign a"]);
    assert.deepEqual(runner.tick(now), []);
  });
});
