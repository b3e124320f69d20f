import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import type { Client } from "./client.ts";
import { seeNodes, seePods } from "./pods.ts";

function clientOf(items: readonly JsonObject[], paths: string[]): Client {
  return {
    call: () => Promise.resolve({ status: 200, body: {}, text: "", warnings: "" }),
    items: (path) => {
      paths.push(path);
      return Promise.resolve(items);
    },
  };
}

test("seePods reads what people look at, also of a pod that says little", async () => {
  const paths: string[] = [];
  const pods = [
    {
      metadata: { namespace: "default", name: "web", uid: "u1" },
      spec: { nodeName: "m1" },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [{ restartCount: 2, state: { running: { startedAt: "t" } } }],
      },
    },
    { metadata: { name: "bare", deletionTimestamp: "now" } },
  ];
  const [web, bare] = await seePods(clientOf(pods, paths), "app=web");
  assert.deepEqual(paths, ["/api/v1/pods?labelSelector=app%3Dweb"]);
  assert.deepEqual(web, {
    namespace: "default",
    name: "web",
    uid: "u1",
    node: "m1",
    phase: "Running",
    isReady: true,
    isDeleting: false,
    restarts: 2,
    startedAt: "t",
  });
  assert.equal(bare?.isDeleting, true);
  assert.equal(bare?.isReady, false);
});

test("seeNodes reads readiness and address", async () => {
  const node = {
    metadata: { name: "m1" },
    status: {
      addresses: [{ type: "InternalIP", address: "10.77.0.1" }],
      conditions: [{ type: "Ready", status: "Unknown" }],
      nodeInfo: { containerRuntimeVersion: "podman://4.3.1" },
    },
  };
  assert.deepEqual(await seeNodes(clientOf([node], [])), [
    { name: "m1", isReady: false, address: "10.77.0.1", runtime: "podman://4.3.1" },
  ]);
});
