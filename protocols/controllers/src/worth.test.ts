import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodStatus } from "@beemesh/model";
import { viewOf } from "./sight.ts";
import { byWorth } from "./worth.ts";

function podOf(name: string, slot: number, nodeName?: string, status?: PodStatus): Pod {
  const annotations = { "beemesh.io/slot": `${slot}` };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, annotations },
    spec: { containers: [], ...(nodeName === undefined ? {} : { nodeName }) },
    ...(status === undefined ? {} : { status }),
  };
}

test("what serves is worth more than what is placed, waits or is lost; then the slot", () => {
  const ready: PodStatus = { conditions: [{ type: "Ready", status: "True" }] };
  const pods = [
    podOf("lost", 0, "dead", ready),
    podOf("waits", 0),
    podOf("placed-2", 2, "m1"),
    podOf("placed-1", 1, "m1"),
    podOf("ready", 5, "m1", ready),
  ];
  const view = viewOf({ isAlive: (machine) => machine !== "dead" });
  assert.deepEqual(
    byWorth(pods, view).map(({ metadata }) => metadata.name),
    ["ready", "placed-1", "placed-2", "waits", "lost"],
  );
});
