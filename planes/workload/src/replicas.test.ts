import assert from "node:assert/strict";
import { test } from "node:test";
import { lineLengthMax, readMachineMessage } from "@beemesh/workload";
import { podOf, TestMesh } from "./test-mesh.ts";

test("replicas are the other pods of the same owner that are there", () => {
  const mesh = new TestMesh();
  const labels = { "pod-template-hash": "abc" };
  const of = (name: string, more: object = {}) =>
    podOf(`shop/${name}`, { owner: "R", ip: "10.1.0.1", labels, ...more });
  mesh.put(
    of("a"),
    of("b", { machine: "m2", spec: { containers: [{ ports: [{ containerPort: 8080 }] }] } }),
    of("c"),
    of("unplaced", { machine: "" }),
    of("unaddressed", { ip: undefined }),
    of("starting", { status: { phase: "Pending", podIP: "10.1.0.1" } }),
    of("over", { status: { phase: "Failed", podIP: "10.1.0.1" } }),
    of("other", { owner: "R2" }),
    podOf("else/d", { owner: "R", ip: "10.1.0.1" }),
    podOf("shop/bare", { ip: "10.1.0.1" }),
  );
  const directory = mesh.directory();
  const found = directory.replicasOf("U-a");
  assert.equal(found?.workload, "shop/rs");
  assert.deepEqual(
    found?.replicas.map(({ uid, machine, port }) => [uid, machine, port]),
    [
      ["U-b", "m2", 8080],
      ["U-c", "m1", 1],
    ],
  );
  assert.equal(directory.replicasOf("U-bare"), undefined);
  assert.equal(directory.replicasOf("U-nobody"), undefined);
});

test("replicas are told as far as they fit into the channel", () => {
  const toldOf = (serviceAccountName: string): number => {
    const mesh = new TestMesh();
    for (let index = 0; index < 1200; index += 1) {
      const spec = { serviceAccountName };
      mesh.put(podOf(`shop/p${index}`, { owner: "R", ip: "10.1.0.1", spec }));
    }
    const found = mesh.directory().replicasOf("U-p0");
    const message = { kind: "replicas", ...found };
    assert(JSON.stringify(message).length <= lineLengthMax);
    assert(readMachineMessage(JSON.parse(JSON.stringify(message))));
    return found?.replicas.length ?? 0;
  };
  assert.equal(toldOf("default"), 1024);
  assert(toldOf("x".repeat(253)) < 900);
});
