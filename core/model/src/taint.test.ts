import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "./object.ts";
import { stayMsOf, type Taint, taintsOf, tolerates } from "./taint.ts";

test("the taints of a Node are those that say a key and a known effect", () => {
  const taints = [
    { key: "gpu", value: "yes", effect: "NoSchedule" },
    { key: "old", effect: "NoExecute" },
    { key: "odd", effect: "Never" },
    { effect: "NoSchedule" },
    "text",
  ];
  const node: KubeObject = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n" },
    spec: { taints },
  };
  assert.deepEqual(taintsOf(node), taints.slice(0, 2));
  assert.deepEqual(taintsOf({ ...node, spec: {} }), []);
  assert.deepEqual(taintsOf(undefined), []);
});

test("a toleration is for a key, a value and an effect, or for all where it says none", () => {
  const taint: Taint = { key: "gpu", value: "yes", effect: "NoSchedule" };
  assert(tolerates([{ operator: "Exists" }], taint));
  assert(tolerates([{ key: "gpu", operator: "Exists" }], taint));
  assert(tolerates([{ key: "gpu", value: "yes", effect: "NoSchedule" }], taint));
  assert(tolerates([{ key: "other" }, { key: "gpu", value: "yes" }], taint));
  assert(tolerates([{ key: "gpu" }], { key: "gpu", effect: "NoSchedule" }));
  assert(!tolerates([], taint));
  assert(!tolerates([{}], taint), "no key without Exists is for nothing");
  assert(!tolerates([{ key: "gpu", value: "no" }], taint));
  assert(!tolerates([{ key: "gpu", operator: "Exists", effect: "NoExecute" }], taint));
});

test("a pod stays as long as it tolerates every taint that evicts", () => {
  const evicting = (key: string): Taint => ({ key, effect: "NoExecute" });
  const lasting = { key: "a", operator: "Exists" } as const;
  const minute = { key: "b", operator: "Exists", tolerationSeconds: 60 } as const;
  assert.equal(stayMsOf([], []), Infinity);
  assert.equal(stayMsOf([], [{ key: "a", effect: "NoSchedule" }]), Infinity);
  assert.equal(stayMsOf([lasting], [evicting("a")]), Infinity);
  assert.equal(stayMsOf([lasting, minute], [evicting("a"), evicting("b")]), 60_000);
  assert.equal(stayMsOf([minute], [evicting("a"), evicting("b")]), 0);
  assert.equal(stayMsOf([{ ...minute, tolerationSeconds: -1 }], [evicting("b")]), 0);
});
