import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt } from "@beemesh/base";
import type { PodsEffect } from "./effect.ts";
import { announce, fullNameOf, type Scene } from "./scene.ts";

test("an Event names the pod and the container", () => {
  const out: PodsEffect[] = [];
  const scene: Scene = {
    pod: { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec: { containers: [] } },
    uid: "U",
    lookup: () => undefined,
    facts: { nodeName: "ann", hostIp: "", podIp: "", cpuMillicores: 1, memoryBytes: 1 },
    access: undefined,
    services: () => ({ items: [], isWhole: true }),
    runtimeName: "podman",
    pending: undefined,
    now: { at: instantAt(0), wallMs: 0 },
    out,
  };
  announce(scene, { type: "Normal", reason: "Started", message: "x", container: "c" });
  const object = { apiVersion: "v1", kind: "Pod", namespace: "default", name: "web", uid: "U" };
  assert.deepEqual(out, [
    {
      kind: "event",
      object: { ...object, fieldPath: "spec.containers{c}" },
      type: "Normal",
      reason: "Started",
      message: "x",
    },
  ]);
  assert.equal(fullNameOf(scene), "web_default(U)");
});
