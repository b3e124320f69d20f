/** How a DaemonSet keeps a pod on each machine, in a village of machines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import {
  type DaemonSet,
  derivedUid,
  isPod,
  type KubeObject,
  machineNameOf,
  type Pod,
} from "@beemesh/model";
import { checkChain } from "./chain.ts";
import { Controllers } from "./controllers.ts";
import {
  controllerRevisionResource,
  daemonSetResource,
  nodeResource,
  podResource,
} from "./kinds.ts";
import { Shelf } from "./shelf.ts";

function daemonSet(image = "i:1", change: Partial<DaemonSet["spec"]> = {}): DaemonSet {
  const labels = { app: "log" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "log", namespace: "default", uid: "D", generation: 1 },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "log", image }] } },
      ...change,
    },
  };
}

function node(name: string, spec: object = {}, labels: Record<string, string> = {}): KubeObject {
  const metadata = { name, uid: derivedUid(name), labels };
  return { apiVersion: "v1", kind: "Node", metadata, spec };
}

/** One keeper of everything, whose pods run as soon as they are told to. */
class Hamlet {
  readonly shelf = new Shelf();
  readonly dead = new Set<string>();
  readonly #controllers = new Controllers({
    self: "m0",
    store: this.shelf,
    members: { rankOf: () => 0, isAlive: (machine) => !this.dead.has(machine) },
  });
  #at = 0;
  /** The fewest and the most pods that were there while time passed. */
  span = { ready: Infinity, pods: 0 };
  /** Events that were told. */
  readonly told: string[] = [];

  /** The pod on a machine comes to its end. */
  fail(name: string): void {
    const pod = this.pods.find((each) => machineNameOf(each) === name);
    assert(pod);
    this.shelf.putStatus(podResource, { ...pod, status: { phase: "Failed" } });
  }

  apply(...objects: KubeObject[]): this {
    for (const object of objects) {
      this.shelf.putSpec(object.kind === "Node" ? nodeResource : daemonSetResource, object);
    }
    return this;
  }

  lose(name: string): void {
    this.dead.add(name);
    this.#perform("members");
  }

  find(name: string): void {
    this.dead.delete(name);
    this.#perform("members");
  }

  pass(durationMs = 5000): this {
    this.span = { ready: Infinity, pods: 0 };
    for (const until = this.#at + durationMs; this.#at < until; this.#at += 50) {
      this.#perform("tick");
      for (const pod of this.pods) this.#run(pod);
    }
    return this;
  }

  get pods(): Pod[] {
    return this.shelf.list(podResource).items.filter(isPod);
  }

  get lines(): string[] {
    return this.pods
      .map((pod) => `${machineNameOf(pod)} ${pod.spec.containers[0]?.image}`)
      .toSorted();
  }

  get status(): unknown {
    return this.shelf.list(daemonSetResource).items[0]?.status;
  }

  #run(pod: Pod): void {
    const ready = this.pods.filter(({ status }) => status?.phase === "Running").length;
    this.span = {
      ready: Math.min(this.span.ready, ready),
      pods: Math.max(this.span.pods, this.pods.length),
    };
    if (this.dead.has(pod.spec.nodeName ?? "")) return;
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.shelf.remove(podResource, "default", pod.metadata.name);
    } else if (pod.status === undefined && pod.spec.nodeName) {
      const conditions = [{ type: "Ready", status: "True" }];
      this.shelf.putStatus(podResource, { ...pod, status: { phase: "Running", conditions } });
    }
  }

  #perform(kind: "tick" | "members"): void {
    const now = { at: instantAt(this.#at), wallMs: 1e12 + this.#at };
    for (const effect of this.#controllers.step({ kind }, now)) {
      if (effect.kind === "put") this.shelf.putSpec(effect.resource, effect.object);
      if (effect.kind === "putStatus") this.shelf.putStatus(effect.resource, effect.object);
      if (effect.kind === "remove") {
        this.shelf.remove(effect.resource, effect.ref.namespace ?? "", effect.ref.name);
      }
      if (effect.kind === "event") this.told.push(`${effect.reason} ${effect.message}`);
      if (effect.kind !== "schedule") continue;
      for (const pod of effect.pods) {
        const spec = { ...pod.spec, nodeName: machineNameOf(pod) };
        this.shelf.putSpec(podResource, { ...pod, spec });
      }
    }
  }
}

describe("a DaemonSet", () => {
  test("has one pod on each machine, and tells so", () => {
    const hamlet = new Hamlet().apply(node("a"), node("b"), daemonSet()).pass();
    assert.deepEqual(hamlet.lines, ["a i:1", "b i:1"]);
    assert.deepEqual(hamlet.status, {
      currentNumberScheduled: 2,
      numberMisscheduled: 0,
      desiredNumberScheduled: 2,
      numberReady: 2,
      observedGeneration: 1,
      updatedNumberScheduled: 2,
      numberAvailable: 2,
    });
  });

  test("has one on a machine that comes, and none for one that has left for good", () => {
    const hamlet = new Hamlet().apply(node("a"), daemonSet()).pass();
    hamlet.apply(node("b")).pass();
    assert.deepEqual(hamlet.lines, ["a i:1", "b i:1"]);
    hamlet.lose("b");
    hamlet.shelf.remove(nodeResource, "", "b");
    hamlet.pass(15_000);
    assert.deepEqual(hamlet.lines, ["a i:1"]);
  });

  test("leaves the pod of a machine that is away as it is, and makes no other", () => {
    const hamlet = new Hamlet().apply(node("a"), node("b"), daemonSet()).pass();
    const before = hamlet.pods.map(({ metadata }) => metadata.uid ?? "").toSorted();
    hamlet.lose("b");
    hamlet.pass();
    assert.deepEqual(hamlet.pods.map(({ metadata }) => metadata.uid ?? "").toSorted(), before);
    assert.equal(Object(hamlet.status).desiredNumberScheduled, 1);
    hamlet.find("b");
    hamlet.pass();
    assert.equal(Object(hamlet.status).numberAvailable, 2);
  });

  test("goes where its template may: by label and by taint, as Kubernetes does", () => {
    const taint = (effect: string) => ({ taints: [{ key: "x", value: "y", effect }] });
    const nodes = [
      node("a", {}, { disk: "ssd" }),
      node("b"),
      node("c", taint("NoSchedule"), { disk: "ssd" }),
      node("d", { unschedulable: true }, { disk: "ssd" }),
    ];
    const set = daemonSet();
    const spec = { ...set.spec.template.spec, nodeSelector: { disk: "ssd" } };
    const template = { ...set.spec.template, spec };
    const hamlet = new Hamlet().apply(...nodes, daemonSet("i:1", { template })).pass();
    assert.deepEqual(hamlet.lines, ["a i:1", "d i:1"]);
    hamlet.apply(node("a", taint("NoSchedule"), { disk: "ssd" })).pass();
    assert.deepEqual(hamlet.lines, ["a i:1", "d i:1"], "what runs stays");
    hamlet.apply(node("a", taint("NoExecute"), { disk: "ssd" })).pass();
    assert.deepEqual(hamlet.lines, ["d i:1"]);
  });

  test("updates so many at a time as may be missing", () => {
    const nodes = ["a", "b", "c", "d"].map((name) => node(name));
    const hamlet = new Hamlet().apply(...nodes, daemonSet()).pass();
    hamlet.apply(daemonSet("i:2")).pass(20_000);
    assert.deepEqual(hamlet.lines, ["a i:2", "b i:2", "c i:2", "d i:2"]);
    assert.deepEqual(hamlet.span, { ready: 3, pods: 4 });
  });

  test("updates by a pod beside another when there may be more", () => {
    const nodes = ["a", "b", "c", "d"].map((name) => node(name));
    const hamlet = new Hamlet().apply(...nodes, daemonSet()).pass();
    const updateStrategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
    hamlet.apply(daemonSet("i:2", { updateStrategy })).pass(30_000);
    assert.deepEqual(hamlet.lines, ["a i:2", "b i:2", "c i:2", "d i:2"]);
    assert.equal(hamlet.span.ready, 4);
    assert.equal(hamlet.span.pods, 5);
  });

  test("updates nothing by itself when it does so on delete", () => {
    const hamlet = new Hamlet().apply(node("a"), node("b"), daemonSet()).pass();
    hamlet.apply(daemonSet("i:2", { updateStrategy: { type: "OnDelete" } })).pass();
    assert.deepEqual(hamlet.lines, ["a i:1", "b i:1"]);
    const [pod] = hamlet.pods;
    hamlet.shelf.remove(podResource, "default", pod?.metadata.name ?? "");
    hamlet.pass();
    assert.deepEqual(hamlet.lines.map((line) => line.slice(2)).toSorted(), ["i:1", "i:2"]);
  });

  test("has another in the place of one that has failed, and waits longer each time", () => {
    const hamlet = new Hamlet().apply(node("a"), node("b"), daemonSet()).pass();
    const uids = (): readonly unknown[] => hamlet.pods.map(({ metadata }) => metadata.uid);
    const before = uids();
    hamlet.fail("b");
    hamlet.pass(1000);
    assert.deepEqual([uids()[0] === before[0], uids()[1] === before[1]], [true, false]);
    assert.equal(Object(hamlet.status).numberReady, 2);
    const name = hamlet.pods[1]?.metadata.name;
    const told = `Found failed daemon pod default/${name} on node b, will try to kill it`;
    assert.deepEqual(
      hamlet.told.filter((line) => line.startsWith("FailedDaemonPod")),
      [`FailedDaemonPod ${told}`],
    );
    const second = uids();
    hamlet.fail("b");
    hamlet.pass(500);
    assert.deepEqual(uids(), second);
    hamlet.pass(3000);
    assert.notEqual(uids()[1], second[1]);
  });

  test("has one of the present template in the place of one that has failed, on delete too", () => {
    const hamlet = new Hamlet().apply(node("a"), node("b"), daemonSet()).pass();
    hamlet.apply(daemonSet("i:2", { updateStrategy: { type: "OnDelete" } })).pass();
    hamlet.fail("b");
    assert.deepEqual(hamlet.pass().lines, ["a i:1", "b i:2"]);
  });

  test("makes pods that pass the check of their machine, and no other does", () => {
    const hamlet = new Hamlet().apply(node("a"), daemonSet()).pass();
    const [revision] = hamlet.shelf.list(controllerRevisionResource).items;
    const [pod] = hamlet.pods;
    assert(pod);
    assert.deepEqual(checkChain(pod, daemonSet(), revision), { ok: true });
    const spec = { ...pod.spec, affinity: {} };
    assert.equal(checkChain({ ...pod, spec }, daemonSet(), revision).ok, false);
  });
});
