/** What is made of pods that webhooks or policies have to let in, in a village of machines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { judgingResources } from "@beemesh/admission";
import { type Instant, instantAt } from "@beemesh/base";
import {
  derivePod,
  isReplicaSet,
  type KubeObject,
  objectsAt,
  type Pod,
  textAt,
} from "@beemesh/model";
import { Hearings, type Verdict } from "./hearings.ts";
import { podResource, replicaSetResource } from "./kinds.ts";
import { Village, type VillageOptions } from "./village.ts";

const [mutating] = judgingResources;
assert(mutating);

const hooks = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "side", uid: "W" },
  webhooks: [
    {
      name: "side.example.com",
      rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["*"] }],
    },
  ],
};

const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "i" }] } };

function workload(kind: string, spec: object): KubeObject {
  const group = kind === "Job" ? "batch" : "apps";
  const metadata = { name: "web", namespace: "default", uid: "R", generation: 1 };
  return { apiVersion: `${group}/v1`, kind, metadata, spec: { template, ...spec } };
}

function replicaSet(replicas: number): KubeObject {
  return workload("ReplicaSet", { replicas, selector: { matchLabels: labels } });
}

/** The pod with another image, as a webhook might have it. */
function changed(pod: Pod, image = "changed"): Verdict {
  const containers = pod.spec.containers.map((each) => ({ ...each, image }));
  return { ok: true, pod: { ...pod, spec: { ...pod.spec, containers } } };
}

function judgedVillage(
  options: Omit<VillageOptions, "machines">,
  ...objects: readonly KubeObject[]
): Village {
  const village = new Village({ machines: 3, ...options });
  village.apply(hooks);
  village.pass(100);
  for (const object of objects) village.apply(object);
  village.pass(5000);
  return village;
}

function imagesOf(village: Village): string[] {
  return village
    .list(podResource)
    .map((pod) => textAt(objectsAt(pod, "spec", "containers")[0], "image"));
}

function told(village: Village, reason: string): string[] {
  return village.log.filter((line) => line.startsWith(reason));
}

describe("a pod that has to be let in", () => {
  test("is made as it was let in, and asked about once, by one keeper", () => {
    const asked: string[] = [];
    const judge = (pod: Pod, controller: string): Verdict => {
      asked.push(`${controller} ${pod.metadata.name}`);
      return changed(pod);
    };
    const village = judgedVillage({ judge }, replicaSet(5));
    assert.deepEqual(
      imagesOf(village),
      Array.from({ length: 5 }, () => "changed"),
    );
    assert.equal(village.running().length, 5);
    assert.equal(asked.length, 5);
    assert.equal(new Set(asked).size, 5);
    assert(asked.every((line) => line.startsWith("replicaset-controller web-")));
    assert.equal(told(village, "SuccessfulCreate").length, 5);
  });

  test("is a pod of any workload", () => {
    const selector = { matchLabels: labels };
    const never = { ...template, spec: { ...template.spec, restartPolicy: "Never" } };
    for (const [object, controller, count] of [
      [workload("StatefulSet", { replicas: 2, selector }), "statefulset-controller", 2],
      [workload("Job", { completions: 2, parallelism: 2, template: never }), "job-controller", 2],
    ] as const) {
      const seen = new Set<string>();
      const judge = (pod: Pod, by: string): Verdict => {
        seen.add(by);
        return changed(pod);
      };
      const village = judgedVillage({ judge }, object);
      assert.deepEqual([...seen], [controller]);
      assert.deepEqual(
        imagesOf(village),
        Array.from({ length: count }, () => "changed"),
      );
    }
  });

  test("is told of when it is refused, tried again, and made when it may be", () => {
    let isOpen = false;
    let asked = 0;
    const judge = (pod: Pod): Verdict => {
      asked += 1;
      return isOpen ? { ok: true, pod } : { ok: false, message: 'pods "x" is forbidden: no' };
    };
    const village = judgedVillage({ judge }, replicaSet(4));
    assert.deepEqual(imagesOf(village), []);
    const [line] = told(village, "FailedCreate");
    assert.equal(line, 'FailedCreate ReplicaSet/web: Error creating: pods "x" is forbidden: no');
    const [set] = village.list(replicaSetResource);
    assert.match(JSON.stringify(set?.status), /"type":"ReplicaFailure","status":"True"/u);
    assert(asked >= 2 && asked <= 4, `one pod is asked about, more and more slowly: ${asked}`);
    isOpen = true;
    village.pass(10_000);
    assert.equal(imagesOf(village).length, 4);
    const [well] = village.list(replicaSetResource);
    assert.doesNotMatch(JSON.stringify(well?.status), /ReplicaFailure/u);
  });

  test("is made as ever as soon as nobody judges any more", () => {
    const judge = (): Verdict => ({ ok: false, message: "no" });
    const village = judgedVillage({ judge }, replicaSet(2));
    village.pass(60_000);
    assert.deepEqual(imagesOf(village), []);
    village.delete(mutating, "side");
    village.pass(1000);
    assert.deepEqual(imagesOf(village), ["i", "i"]);
  });

  test("is judged anew when it takes a lost one's place", () => {
    let image = "first";
    const village = judgedVillage({ judge: (pod) => changed(pod, image) }, replicaSet(1));
    assert.deepEqual(imagesOf(village), ["first"]);
    image = "second";
    const [first] = village.running();
    village.vanish(first?.pod.metadata.uid ?? "");
    village.pass(5000);
    assert.deepEqual(imagesOf(village), ["second"]);
    const [second] = village.running();
    assert.equal(second?.pod.metadata.name, first?.pod.metadata.name);
    assert.notEqual(second?.pod.metadata.uid, first?.pod.metadata.uid);
  });

  test("is left to the next keeper when the first is gone while it is asked about", () => {
    const village = new Village({ machines: 3, judgeMs: 3000, judge: (pod) => changed(pod) });
    village.apply(hooks);
    village.apply(replicaSet(1));
    village.pass(500);
    const [line] = village.trace.filter((each) => each.includes(" admit "));
    village.crash(Number(/ m(\d) /u.exec(line ?? "")?.[1]));
    village.pass(8000);
    assert.equal(village.running().length, 1);
    assert.deepEqual(
      [...new Set(village.running().map(({ pod }) => pod.spec.containers[0]?.image))],
      ["changed"],
    );
  });

  test("stays what it is of: a webhook that changes that is refused", () => {
    const judge = (pod: Pod): Verdict => {
      const metadata = { ...pod.metadata, labels: { app: "other" } };
      return { ok: true, pod: { ...pod, metadata } };
    };
    const village = judgedVillage({ judge }, replicaSet(1));
    assert.deepEqual(imagesOf(village), []);
    assert.match(told(village, "FailedCreate")[0] ?? "", /a webhook has changed its owner, or a/u);
  });
});

describe("hearings", () => {
  const set = replicaSet(1);
  assert(isReplicaSet(set));
  const at = (ms: number): Instant => instantAt(ms);
  const podAt = (slot: number, uid: string): Pod => derivePod(set, slot, uid);
  const asksOf = (hearings: Hearings, pod: Pod, edition = 0): readonly string[] => {
    const hearing = hearings.hear(pod, edition, at(1));
    assert(!hearing.ok);
    return hearing.ask.flatMap(({ effects }) => effects.map(({ kind }) => kind));
  };

  test("ask about one pod first, then about twice as many with each that is let in", () => {
    const hearings = new Hearings();
    const look = (uids: string): number =>
      [0, 1, 2, 3].flatMap((slot) => asksOf(hearings, podAt(slot, `${uids}${slot}`))).length;
    hearings.open("R");
    assert.equal(look("a"), 1);
    hearings.asked(podAt(0, "a0"), "key", 0);
    hearings.close("R");
    hearings.open("R");
    assert(!hearings.isFull("R"));
    const awaited = hearings.awaited("R", podAt(0, "a0").metadata.name, 0);
    assert(awaited?.ok === false && awaited.ask[0]?.effects.length === 0);
    assert.equal(hearings.awaited("R", "another", 0), undefined);
    assert.equal(hearings.awaited("R", podAt(0, "a0").metadata.name, 1), undefined);
    hearings.open("R");
    assert.equal(look("b"), 0, "what is asked about is not asked about again");
    assert(hearings.isFull("R"), "and no other is");
    assert.equal(hearings.answered("a0", { ok: true, pod: podAt(0, "a0") }, at(1)), "key");
    hearings.open("R");
    const first = hearings.hear(podAt(0, "c0"), 0, at(1));
    assert(first.ok);
    assert.equal(first.pod.metadata.uid, "a0", "the pod that was asked about is the one let in");
    assert.equal([1, 2, 3].flatMap((slot) => asksOf(hearings, podAt(slot, `c${slot}`))).length, 2);
  });

  test("forget what is made, what nobody wants, and what other rules have let in", () => {
    const hearings = new Hearings();
    const admit = (uid: string): void => {
      hearings.open("R");
      hearings.hear(podAt(0, uid), 0, at(1));
      hearings.asked(podAt(0, uid), "key", 0);
      hearings.answered(uid, { ok: true, pod: podAt(0, uid) }, at(1));
    };
    admit("a");
    hearings.used(podAt(0, "a"), "R");
    assert.deepEqual(asksOf(hearings, podAt(0, "b")), ["admit"]);
    admit("c");
    assert.deepEqual(asksOf(hearings, podAt(0, "d"), 1), ["admit"], "the rules have changed");
    admit("f");
    assert(hearings.hear(podAt(0, "g"), 0, at(60_000)).ok);
    assert(!hearings.hear(podAt(0, "g"), 0, at(60_001)).ok, "that was long ago");
    hearings.asked(podAt(0, "e"), "key", 0);
    hearings.forget("R");
    assert.equal(hearings.answered("e", { ok: false, message: "late" }, at(1)), undefined);
  });
});
