import assert from "node:assert/strict";
import { test } from "node:test";
import {
  externalWorkloadPrinter,
  ingressClassPrinter,
  ingressPrinter,
  networkPolicyPrinter,
} from "./network-table.ts";

const metadata = { name: "a", creationTimestamp: "1970-01-01T00:00:00Z" };

test("an Ingress shows its hosts, addresses and ports", () => {
  const rules = ["a.b", "c.d", "", "e.f", "g.h"].map((host) => ({ host }));
  const status = { loadBalancer: { ingress: [{ ip: "10.0.0.1" }, { hostname: "m.example" }] } };
  const spec = { ingressClassName: "beemesh", rules, tls: [{}] };
  assert.deepEqual(ingressPrinter.cells({ metadata, spec, status }, 0), [
    "a",
    "beemesh",
    "a.b,c.d,e.f + 1 more...",
    "10.0.0.1,m.example",
    "80, 443",
    "0s",
  ]);
  const plain = ingressPrinter.cells({ metadata, spec: { rules: [{}] } }, 0);
  assert.deepEqual(plain.slice(1, 5), ["<none>", "*", "", "80"]);
});

test("a class shows its controller and parameters", () => {
  const spec = { controller: "a.b/c", parameters: { apiGroup: "d.e", kind: "F", name: "g" } };
  assert.deepEqual(ingressClassPrinter.cells({ metadata, spec }, 0), [
    "a",
    "a.b/c",
    "F.d.e/g",
    "0s",
  ]);
  assert.equal(ingressClassPrinter.cells({ metadata, spec: {} }, 0)[2], "<none>");
});

test("a policy shows whom it is about", () => {
  const spec = { podSelector: { matchLabels: { app: "db" } } };
  assert.deepEqual(networkPolicyPrinter.cells({ metadata, spec }, 0), ["a", "app=db", "0s"]);
  assert.equal(networkPolicyPrinter.cells({ metadata, spec: { podSelector: {} } }, 0)[1], "<none>");
});

test("an external workload shows where it is and whether it answers", () => {
  const spec = {
    machine: "m1",
    address: "127.0.0.1",
    serviceAccountName: "db",
    ports: [{ port: 5432, protocol: "TCP" }],
  };
  const status = { ready: true, message: "it answers" };
  assert.deepEqual(externalWorkloadPrinter.cells({ metadata, spec, status }, 0), [
    "a",
    "m1",
    "5432/TCP",
    "True",
    "0s",
    "127.0.0.1",
    "db",
    "it answers",
  ]);
  assert.equal(externalWorkloadPrinter.cells({ metadata, spec }, 0)[3], "False");
});
