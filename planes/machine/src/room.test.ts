import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "@beemesh/model";

import { occupancyOf } from "./occupancy.ts";
import { offerOf } from "./offer.ts";
import { roomFor } from "./room.ts";
import { facts } from "./shelf.test.ts";

const none = { get: () => undefined, list: () => ({ items: [], revision: "1" }) };

function podOf(
  uid: string,
  cpu: string,
  priority: number,
  more: Partial<Pod["metadata"]> = {},
): Pod {
  const containers = [{ name: "main", image: "i", resources: { requests: { cpu } } }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: uid, namespace: "shop", uid, ...more },
    spec: { nodeName: "elsewhere", nodeSelector: { disk: "fast" }, priority, containers },
  };
}

function room(pod: Pod, others: readonly Pod[], unschedulable = false) {
  const health = { runtime: unschedulable ? "gone" : "", disk: "", clock: "" };
  const cores = { ...facts, cpuMillicores: 1000 };
  const machine = { facts: cores, health, node: undefined, uptimeMs: 0 };
  const occupancy = () => occupancyOf(others, none);
  return roomFor(pod, offerOf({ ...machine, pods: others, occupancy }));
}

test("a pod that was given to this machine has room, or the place of less important ones", () => {
  const incomer = podOf("new", "500m", 10);
  const old = podOf("old", "800m", 5);
  assert.deepEqual(room(incomer, [podOf("small", "500m", 5)], true), { kind: "free" });
  assert.deepEqual(room(incomer, [old]), { kind: "taken", victims: ["old"] });
  const going = podOf("old", "800m", 5, { deletionTimestamp: "now" });
  assert.deepEqual(room(incomer, [going]), { kind: "taken", victims: [] });
});

test("a pod shares the place of others that are as important as it is", () => {
  const incomer = podOf("new", "500m", 10);
  assert.deepEqual(room(incomer, [podOf("old", "800m", 10)]), { kind: "free" });
});
