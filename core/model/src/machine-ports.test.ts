import assert from "node:assert/strict";
import { test } from "node:test";
import { closedPorts } from "./machine-ports.ts";

const metadata = { name: "web" };

test("machines open ports of TCP, and say what they do not open", () => {
  const ports = [
    { port: 80, nodePort: 30_080 },
    { port: 53, protocol: "UDP" },
  ];
  const service = { apiVersion: "v1", kind: "Service", metadata };
  assert.deepEqual(closedPorts({ ...service, spec: { type: "NodePort", ports } }), [
    "spec.ports[1].nodePort: machines open no ports of UDP",
  ]);
  assert.deepEqual(closedPorts({ ...service, spec: { type: "ClusterIP", ports } }), []);
  const own = [
    { containerPort: 53, protocol: "UDP" },
    { containerPort: 53, protocol: "UDP", hostPort: 53 },
    { containerPort: 80, hostPort: 80 },
  ];
  const spec = { containers: [{ name: "a", ports: own }] };
  assert.deepEqual(closedPorts({ apiVersion: "v1", kind: "Pod", metadata, spec }), [
    "spec.containers[0].ports[1].hostPort: machines open no ports of UDP",
  ]);
});
