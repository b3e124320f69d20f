import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { readProgram } from "./program.ts";

function workloadOf(spec: unknown, uid: string | undefined = "u1"): KubeObject {
  const metadata = { name: "db", ...(uid !== undefined && { uid }) };
  return { apiVersion: "beemesh.io/v1", kind: "ExternalWorkload", metadata, spec };
}

test("a program is read with its probe", () => {
  const readinessProbe = { tcpSocket: { port: 5432 }, periodSeconds: 3 };
  const spec = { machine: "m1", ports: [{ port: 5432 }], readinessProbe };
  assert.deepEqual(readProgram(workloadOf(spec)), {
    uid: "u1",
    machine: "m1",
    address: "127.0.0.1",
    serviceAccount: "default",
    ports: [5432],
    reaches: [],
    probe: { port: 5432, periodMs: 3000, timeoutMs: 1000, successes: 1, failures: 3 },
  });
  assert.equal(readProgram(workloadOf({ machine: "m1" }))?.probe, undefined);
  const own = readProgram(workloadOf({ machine: "m1", serviceAccountName: "db" }));
  assert.equal(own?.serviceAccount, "db");
});

test("a program that calls Services has listeners of loopback for them, and no others", () => {
  const right = { service: "redis", port: 6379, listenPort: 16_379 };
  const reach = [
    right,
    { ...right, namespace: "cache", listenAddress: "::1" },
    { ...right, listenAddress: "10.0.0.1" },
    { ...right, listenAddress: "127.0.0.1.example" },
    { ...right, listenAddress: "::ffff:127.0.0.1" },
    { ...right, service: "redis.cache" },
    { ...right, service: "a:1=b" },
    { ...right, namespace: 1 },
    { ...right, port: 0 },
    { ...right, listenPort: 1.5 },
    "redis",
  ];
  const object = workloadOf({ machine: "m1", reach });
  const metadata = { ...object.metadata, namespace: "shop" };
  assert.deepEqual(readProgram({ ...object, metadata })?.reaches, [
    "127.0.0.1:16379=redis.shop.svc.cluster.local:6379",
    "[::1]:16379=redis.cache.svc.cluster.local:6379",
  ]);
  const many = Array.from({ length: 100 }, () => right);
  assert.equal(readProgram(workloadOf({ machine: "m1", reach: many }))?.reaches.length, 0);
  const own = { ...object, spec: { machine: "m1", reach: many }, metadata };
  assert.equal(readProgram(own)?.reaches.length, 64);
});

test("what has no right shape is no program", () => {
  for (const spec of [undefined, 1, {}, { machine: 1 }, { machine: "m", address: 1 }]) {
    assert.equal(readProgram(workloadOf(spec)), undefined);
  }
  const odd = readProgram(workloadOf({ machine: "m", ports: [1, {}, { port: "x" }] }));
  assert.deepEqual(odd?.ports, []);
});
