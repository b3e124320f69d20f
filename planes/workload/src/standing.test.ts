import assert from "node:assert/strict";
import { test } from "node:test";
import { factsOf, podOf, policyOf, serviceOf, sliceOf, TestMesh } from "./test-mesh.ts";

const ports = [
  { name: "http", port: 80 },
  { name: "dns", port: 53, protocol: "UDP" },
];
const targets = [
  { name: "http", port: 8080 },
  { name: "dns", port: 5353, protocol: "UDP" },
];

test("a pod stands behind the Services in whose slices it is ready", () => {
  const mesh = new TestMesh();
  mesh.put(
    podOf("shop/a", { ip: "10.1.0.1" }),
    serviceOf("shop/web", { clusterIP: "10.96.0.1", ports }),
    sliceOf("shop/web", targets, [{ uid: "U-a", ip: "10.1.0.1" }]),
    serviceOf("shop/late", { clusterIP: "10.96.0.2", ports }),
    sliceOf("shop/late", targets, [{ uid: "U-a", ip: "10.1.0.1", conditions: { ready: false } }]),
  );
  const directory = mesh.directory();
  assert.deepEqual(directory.standingOf("U-a"), {
    ip: "10.1.0.1",
    services: [
      {
        service: "shop/web",
        ports: [
          { protocol: "tcp", port: 80, target: 8080 },
          { protocol: "udp", port: 53, target: 5353 },
        ],
      },
    ],
    serviceIps: ["10.96.0.1"],
  });
  assert.equal(directory.standingOf("U-nobody"), undefined);
});

test("pods without records are called unless policies say whom to call", () => {
  const mesh = new TestMesh();
  mesh.put(podOf("shop/me"));
  const directory = mesh.directory();
  assert(directory.mayCallUnknown(factsOf("shop/me")));
  mesh.put(policyOf("shop/closed", { podSelector: {}, policyTypes: ["Egress"] }));
  assert(!directory.mayCallUnknown(factsOf("shop/me")));
});
