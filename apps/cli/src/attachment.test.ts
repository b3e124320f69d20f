import assert from "node:assert/strict";
import { test } from "node:test";
import { attachmentPaths, isAttachedService, serviceOf, workloadOf } from "./attachment.ts";

const wish = {
  namespace: "shop",
  name: "db",
  machine: "m1",
  address: "127.0.0.1",
  ports: [5432, 8008],
  serviceAccount: "db",
  reaches: [],
};

test("what is attached is a workload, and a Service that selects it", () => {
  const workload = workloadOf(wish);
  const service = serviceOf(wish);
  assert.deepEqual(workload["metadata"], {
    namespace: "shop",
    name: "db",
    labels: { "beemesh.io/external-workload": "db" },
  });
  assert.deepEqual(workload["spec"], {
    machine: "m1",
    address: "127.0.0.1",
    serviceAccountName: "db",
    ports: [
      { name: "tcp-5432", port: 5432, protocol: "TCP" },
      { name: "tcp-8008", port: 8008, protocol: "TCP" },
    ],
    readinessProbe: { tcpSocket: { port: 5432 } },
  });
  const { selector } = JSON.parse(JSON.stringify(service["spec"]));
  assert(isAttachedService(selector, "db"));
  assert(!isAttachedService({ app: "db" }, "db"));
  assert(!isAttachedService(undefined, "db"));
  assert.equal(attachmentPaths(wish).service, "api/v1/namespaces/shop/services/db");
});

test("what only calls others has no port that is asked", () => {
  const reach = { service: "redis", namespace: "", port: 6379, listenAddress: "::1" };
  const reaches = [{ ...reach, listenPort: 16_379 }];
  const {
    readinessProbe,
    ports,
    reach: told,
  } = JSON.parse(JSON.stringify(workloadOf({ ...wish, ports: [], reaches })["spec"]));
  assert.deepEqual([readinessProbe, ports], [undefined, []]);
  assert.deepEqual(told, [
    { service: "redis", port: 6379, listenAddress: "::1", listenPort: 16_379 },
  ]);
});
