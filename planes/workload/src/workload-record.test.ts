import assert from "node:assert/strict";
import { test } from "node:test";
import { standInOf } from "@beemesh/workload";
import { podOf, programOf } from "./test-mesh.ts";
import { readExternalWorkload, readPod } from "./workload-record.ts";

test("a pod is read with who it is, where it is, and what it serves", () => {
  const ports = [
    { name: "http", containerPort: 8080 },
    { containerPort: 53, protocol: "UDP" },
  ];
  const pod = podOf("shop/web-1", {
    ip: "10.1.0.1",
    labels: { app: "web" },
    owner: "R",
    spec: { containers: [{ ports }, { name: "b" }], serviceAccountName: "sa" },
    status: {
      podIPs: [{ ip: "10.1.0.1" }, { ip: "fd00::1" }, 5],
      conditions: [{ type: "Ready", status: "True" }],
    },
  });
  assert.deepEqual(readPod(pod), {
    kind: "Pod",
    uid: "U-web-1",
    namespace: "shop",
    name: "web-1",
    labels: { app: "web" },
    serviceAccount: "sa",
    machine: "m1",
    ips: ["10.1.0.1", "fd00::1"],
    ports: [
      { name: "http", protocol: "TCP", port: 8080 },
      { name: "", protocol: "UDP", port: 53 },
    ],
    hostname: "",
    subdomain: "",
    owner: "R",
    workload: "shop/rs",
    isGoing: false,
    isRunning: true,
    isReady: true,
  });
});

test("a pod that is over or ending is going", () => {
  assert(readPod(podOf("a/b", { status: { phase: "Succeeded" } })).isGoing);
  assert(readPod(podOf("a/b", { metadata: { deletionTimestamp: "now" } })).isGoing);
});

test("a program is read with the address that stands in for it", () => {
  const record = readExternalWorkload(programOf("shop/db", { serviceAccountName: "sql" }));
  assert.deepEqual(record.ips, [standInOf("program", "X-db")]);
  assert.deepEqual(record.ports, [{ name: "sql", protocol: "TCP", port: 5432 }]);
  const { serviceAccount, machine, isReady, workload, hostname } = record;
  assert.deepEqual(
    [serviceAccount, machine, isReady, workload, hostname],
    ["sql", "m2", true, "shop/db", "db"],
  );
  assert.equal(readExternalWorkload(programOf("a/b", { serviceAccount: "x" })).serviceAccount, "x");
});

test("what is malformed is left out", () => {
  const odd = podOf("a/b", { spec: { containers: "x", nodeName: 1 }, status: { podIPs: {} } });
  const { machine, ips, ports, serviceAccount } = readPod(odd);
  assert.deepEqual([machine, ips, ports, serviceAccount], ["", [], [], "default"]);
});
