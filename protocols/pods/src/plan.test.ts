import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Container, Pod } from "@beemesh/model";
import { containerPlan, graceMsOf, podPlan, probePlan } from "./plan.ts";
import { resolverPlan } from "./resolver.ts";

const facts = { nodeName: "ann", hostIp: "", podIp: "", cpuMillicores: 1000, memoryBytes: 1 };

function podOf(spec: Partial<Pod["spec"]>): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1", namespace: "shop", uid: "U", labels: { app: "web" } },
    spec: { containers: [], ...spec },
  };
}

function planOf(container: Partial<Container>, pod = podOf({})): Record<string, unknown> {
  const whole = { name: "web", image: "nginx:1", ...container };
  const plan = containerPlan({
    pod,
    container: whole,
    lookup: () => undefined,
    facts,
    services: [],
  });
  assert(plan.ok);
  return { ...plan.value };
}

describe("podPlan", () => {
  test("names the pod and its volumes", () => {
    const pod = podOf({ volumes: [{ name: "v", emptyDir: {} }], terminationGracePeriodSeconds: 5 });
    assert.deepEqual(podPlan({ pod, lookup: () => undefined, facts }), {
      ok: true,
      value: {
        uid: "U",
        namespace: "shop",
        name: "web-1",
        hostname: "web-1",
        resolver: resolverPlan(pod),
        labels: { app: "web" },
        volumes: [{ name: "v", kind: "empty", inMemory: false }],
        terminationGraceMs: 5000,
      },
    });
  });

  test("names the volume that is missing something", () => {
    const pod = podOf({ volumes: [{ name: "v", configMap: { name: "none" } }] });
    const plan = podPlan({ pod, lookup: () => undefined, facts });
    assert(!plan.ok);
    assert.equal(plan.missing.volume, "v");
    assert.equal(plan.missing.message, 'configmap "none" not found');
  });
});

describe("containerPlan", () => {
  test("expands variables in command and arguments", () => {
    const env = [{ name: "WHO", value: "bee" }];
    const plan = planOf({ env, command: ["echo", "$(WHO)"], args: ["$$(WHO)"] });
    assert.deepEqual(plan["command"], ["echo", "bee"]);
    assert.deepEqual(plan["args"], ["$(WHO)"]);
    assert.deepEqual(plan["env"], env);
  });

  test("reads limits and users", () => {
    const pod = podOf({ securityContext: { runAsUser: 1, runAsGroup: 2 } });
    const limits = { cpu: "250m", memory: "1Ki" };
    const plan = planOf({ resources: { limits }, securityContext: { runAsUser: 7 } }, pod);
    assert.equal(plan["cpuMillicoresMax"], 250);
    assert.equal(plan["memoryBytesMax"], 1024);
    assert.deepEqual(plan["security"], { uid: 7, gid: 2 });
  });

  for (const [image, pull] of [
    ["nginx", "Always"],
    ["nginx:latest", "Always"],
    ["host:5000/nginx", "Always"],
    ["nginx:1", "IfNotPresent"],
    ["nginx@sha256:0", "IfNotPresent"],
  ] as const) {
    test(`pulls ${image} ${pull}`, () => assert.equal(planOf({ image })["pull"], pull));
  }

  test("mounts files for reading only", () => {
    const volumes = [
      { name: "files", configMap: { name: "c" } },
      { name: "space", emptyDir: {} },
    ];
    const volumeMounts = [
      { name: "files", mountPath: "/f", subPath: "a" },
      { name: "space", mountPath: "/s" },
    ];
    assert.deepEqual(planOf({ volumeMounts }, podOf({ volumes }))["mounts"], [
      { volume: "files", path: "/f", readOnly: true, subPath: "a" },
      { volume: "space", path: "/s", readOnly: false },
    ]);
  });
});

test("podPlan says which names the pod knows, and where it looks for others", () => {
  const hostAliases = [{ ip: "1.2.3.4", hostnames: ["foo"] }, { ip: "1.2.3.5" }];
  const pod = podOf({ hostAliases, subdomain: "db" });
  const plan = podPlan({ pod, lookup: () => undefined, facts });
  assert(plan.ok);
  assert.equal(plan.value.domain, "db.shop.svc.cluster.local");
  assert.deepEqual(plan.value.hostAliases, [
    { ip: "1.2.3.4", hostnames: ["foo"] },
    { ip: "1.2.3.5", hostnames: [] },
  ]);
  assert.deepEqual(plan.value.resolver.nameservers, ["10.96.0.10"]);
});

describe("probePlan", () => {
  const container: Container = {
    name: "web",
    image: "nginx",
    ports: [{ name: "http", containerPort: 8080 }],
  };

  test("finds named ports", () => {
    assert.deepEqual(probePlan(container, { tcpSocket: { port: "http" } }), {
      kind: "tcp",
      port: 8080,
    });
    assert.deepEqual(probePlan(container, { tcpSocket: { port: "none" } }), {
      kind: "tcp",
      port: 0,
    });
  });

  test("plans commands and requests, and nothing for what it does not know", () => {
    assert.deepEqual(probePlan(container, { exec: { command: ["true"] } }), {
      kind: "exec",
      container: "web",
      command: ["true"],
    });
    assert.deepEqual(probePlan(container, { httpGet: { port: 80, scheme: "HTTPS" } }), {
      kind: "http",
      port: 80,
      path: "/",
      tls: true,
      headers: [],
    });
    const grpc = { kind: "grpc", port: 5000, service: "", tls: false };
    assert.deepEqual(probePlan(container, { grpc: { port: 5000 } }), grpc);
    const secret = { port: 5000, service: "shop", mode: "TLS" } as const;
    const asked = { ...grpc, service: "shop", tls: true };
    assert.deepEqual(probePlan(container, { grpc: secret }), asked);
    assert.equal(probePlan(container, {}), undefined);
  });
});

test("the grace of a deletion wins over the pod's own", () => {
  const pod = podOf({ terminationGracePeriodSeconds: 60 });
  assert.equal(graceMsOf(podOf({})), 30_000);
  assert.equal(graceMsOf(pod), 60_000);
  const metadata = { ...pod.metadata, deletionGracePeriodSeconds: 0 };
  assert.equal(graceMsOf({ ...pod, metadata }), 0);
});
