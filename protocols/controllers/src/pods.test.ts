/** What happens to pods that have no machine, or a dead one. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isPod, type KubeObject } from "@beemesh/model";
import { podResource } from "./kinds.ts";
import { refusalOf } from "./pods.ts";
import { Village } from "./village.ts";

const bare: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", namespace: "default", uid: "A" },
  spec: { containers: [] },
};

function only(village: Village) {
  const [pod] = village.list(podResource);
  assert(pod !== undefined && isPod(pod));
  return pod;
}

describe("a pod that no machine takes", () => {
  test("is offered again, more and more slowly, and says so", () => {
    const village = new Village({ machines: 1, isFull: true });
    village.apply(bare);
    village.pass(60_000);
    const offers = village.log.filter((line) => line.startsWith("FailedScheduling"));
    assert(offers.length >= 5 && offers.length <= 7, `${offers.length} offers`);
    assert.match(offers[0] ?? "", /Pod\/a: 0\/0 machines are available/u);
    const [condition] = only(village).status?.conditions ?? [];
    assert.equal(condition?.reason, "Unschedulable");
  });

  test("is one keeper's concern, not everybody's", () => {
    const village = new Village({ machines: 3, isFull: true });
    village.apply(bare);
    village.pass(30_000);
    const offers = village.log.filter((line) => line.startsWith("FailedScheduling"));
    assert(offers.length <= 6, `${offers.length} offers`);
  });

  test("is deleted at once", () => {
    const village = new Village({ machines: 1, isFull: true });
    village.apply(bare);
    village.apply({ ...bare, metadata: { ...bare.metadata, deletionTimestamp: "now" } });
    village.pass(1000);
    assert.deepEqual(village.list(podResource), []);
  });
});

test("a pod that no machine has stays while a finalizer holds it", () => {
  const village = new Village({ machines: 1, isFull: true });
  const ending = { ...bare.metadata, deletionTimestamp: "now" };
  village.apply({ ...bare, metadata: { ...ending, finalizers: ["example.com/wait"] } });
  village.pass(5000);
  assert.equal(village.list(podResource).length, 1);
  village.apply({ ...bare, metadata: ending });
  village.pass(1000);
  assert.deepEqual(village.list(podResource), []);
});

describe("a bare pod on a dead machine", () => {
  test("stays, but is not ready", () => {
    const village = new Village({ machines: 3 });
    village.apply(bare);
    village.pass(2000);
    const machine = Number(only(village).spec.nodeName?.slice(1));
    village.crash(machine);
    village.pass(3000);
    const seen = village.list(podResource, machine === 0 ? 1 : 0)[0];
    assert(seen !== undefined && isPod(seen));
    assert.equal(seen.metadata.uid, "A");
    const ready = seen.status?.conditions?.find(({ type }) => type === "Ready");
    assert.equal(`${ready?.status} ${ready?.reason}`, "False NodeLost");
  });

  test("can be deleted", () => {
    const village = new Village({ machines: 3 });
    village.apply(bare);
    village.pass(2000);
    const pod = only(village);
    const machine = Number(pod.spec.nodeName?.slice(1));
    const other = machine === 0 ? 1 : 0;
    village.crash(machine);
    village.pass(3000);
    const metadata = { ...pod.metadata, deletionTimestamp: "now" };
    village.apply({ ...pod, metadata }, other);
    village.pass(2000);
    assert.deepEqual(village.list(podResource, other), []);
  });
});

test("a refusal is written only when it is news", () => {
  assert(isPod(bare));
  const [, write] = refusalOf(bare, "no", 0);
  assert(write?.kind === "putStatus" && isPod(write.object));
  assert.equal(refusalOf(write.object, "no", 1000).length, 1);
  assert.equal(refusalOf(write.object, "still no", 1000).length, 2);
});

describe("a pod on a machine whose taint evicts", () => {
  const taint = { key: "gone", effect: "NoExecute" };
  const nodeOf = (taints: readonly object[]): KubeObject => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "m0", uid: "N" },
    spec: { taints },
  });

  /** A pod with these tolerations, on a machine that is tainted afterwards. */
  function placed(tolerations: readonly object[]): Village {
    const village = new Village({ machines: 1 });
    village.apply(nodeOf([]));
    village.apply({ ...bare, spec: { containers: [], tolerations } });
    village.pass(2000);
    assert.equal(village.running().length, 1);
    village.apply(nodeOf([{ ...taint, effect: "NoSchedule" }, taint]));
    return village;
  }

  test("goes at once if it does not tolerate that, and says why", () => {
    const village = placed([]);
    village.pass(150);
    const { metadata, status } = only(village);
    assert.equal(metadata.deletionGracePeriodSeconds, 30);
    const condition = status?.conditions?.find(({ type }) => type === "DisruptionTarget");
    assert.equal(condition?.reason, "DeletionByTaintManager");
    village.pass(2000);
    assert.deepEqual(village.list(podResource), []);
    assert(village.log.includes("TaintManagerEviction Pod/a: Marking for deletion Pod default/a"));
  });

  test("stays as long as it tolerates it, and for good if that has no end", () => {
    const seconds = { key: "gone", operator: "Exists", tolerationSeconds: 60 };
    const village = placed([seconds]);
    village.pass(59_000);
    assert.equal(only(village).metadata.deletionTimestamp, undefined);
    village.pass(3000);
    assert.deepEqual(village.list(podResource), []);
    const lasting = placed([{ key: "gone", operator: "Exists" }, seconds]);
    lasting.pass(120_000);
    assert.equal(lasting.running().length, 1);
  });

  test("stays if the taint is taken away in time", () => {
    const village = placed([{ operator: "Exists", tolerationSeconds: 60 }]);
    village.pass(30_000);
    village.apply(nodeOf([]));
    village.pass(120_000);
    assert.equal(village.running().length, 1);
  });

  test("is not sent away by every keeper", () => {
    const village = new Village({ machines: 3 });
    village.apply(nodeOf([taint]));
    village.apply({ ...bare, spec: { containers: [], nodeName: "m0" } });
    village.pass(5000);
    const said = village.log.filter((line) => line.startsWith("TaintManagerEviction"));
    assert.equal(said.length, 1);
  });
});
