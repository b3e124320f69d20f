import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod, PodSpec } from "@beemesh/model";
import { parseJson } from "@beemesh/wire";
import { requirementsOf } from "./requirements.ts";
import { isRequirements } from "./requirements-shape.ts";

function podWith(spec: Partial<PodSpec>): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "web" }], ...spec },
  };
}

describe("requirementsOf", () => {
  test("a bare pod needs nothing in particular, and that can travel", () => {
    const requirements = requirementsOf(podWith({}));
    assert.deepEqual(requirements, {
      cpuMillicores: 0,
      memoryBytes: 0,
      nodeSelector: {},
      tolerations: [],
      hostPorts: [],
      spread: [],
      apart: false,
    });
    assert(isRequirements(parseJson(JSON.stringify(requirements))));
  });

  test("containers run together, init containers one by one beside earlier sidecars", () => {
    const requests = (cpu: string, memory: string) => ({
      resources: { requests: { cpu, memory } },
    });
    const { cpuMillicores, memoryBytes } = requirementsOf(
      podWith({
        containers: [
          { name: "a", image: "i", ...requests("250m", "64Mi") },
          { name: "b", image: "i", resources: { limits: { cpu: 1, memory: "1Gi" } } },
        ],
        initContainers: [
          { name: "proxy", image: "i", restartPolicy: "Always", ...requests("100m", "32Mi") },
          { name: "migrate", image: "i", ...requests("2", "16Mi") },
        ],
      }),
    );
    assert.equal(cpuMillicores, 2100);
    assert.equal(memoryBytes, 2 ** 30 + 2 ** 26 + 2 ** 25);
  });

  test("a container holds what it was given until it has what it asks for, if it ever can", () => {
    const resources = { requests: { cpu: "3" } };
    const pod = podWith({
      containers: [{ name: "a", image: "i", resources }],
      overhead: { cpu: "1" },
    });
    const about = { image: "", imageID: "", ready: true, restartCount: 0, state: {} };
    const held = (cpu: string, reason = ""): number => {
      const status = { name: "a", ...about, allocatedResources: { cpu } };
      const condition = { type: "PodResizePending", status: "True", reason } as const;
      const conditions = reason === "" ? [] : [condition];
      return requirementsOf({ ...pod, status: { containerStatuses: [status], conditions } })
        .cpuMillicores;
    };
    assert.deepEqual([held("1"), held("5")], [4000, 6000]);
    assert.deepEqual([held("1", "Deferred"), held("1", "Infeasible")], [4000, 2000]);
  });

  test("takes decimal fractions at their word", () => {
    const resources = { requests: { cpu: "1.1", memory: "0.1Gi" } };
    const { cpuMillicores, memoryBytes } = requirementsOf(
      podWith({ containers: [{ name: "a", image: "i", resources }] }),
    );
    assert.equal(cpuMillicores, 1100);
    assert.equal(memoryBytes, Math.ceil(2 ** 30 / 10));
  });

  test("reads where it may run: name, selector, affinity, tolerations", () => {
    const terms = [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }];
    const requirements = requirementsOf(
      podWith({
        nodeName: "n1",
        nodeSelector: { disk: "ssd" },
        tolerations: [{ operator: "Exists" }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
          },
        },
      }),
    );
    assert.equal(requirements.nodeName, "n1");
    assert.deepEqual(requirements.nodeSelector, { disk: "ssd" });
    assert.deepEqual(requirements.affinity, terms);
    assert.deepEqual(requirements.tolerations, [{ operator: "Exists" }]);
  });

  test("reads host ports, and takes TCP for granted", () => {
    const { hostPorts } = requirementsOf(
      podWith({
        containers: [
          {
            name: "dns",
            image: "i",
            ports: [{ containerPort: 53, hostPort: 53, protocol: "UDP" }, { containerPort: 80 }],
          },
          { name: "web", image: "i", ports: [{ containerPort: 80, hostPort: 8080 }] },
        ],
      }),
    );
    assert.deepEqual(hostPorts, [
      { port: 53, protocol: "UDP" },
      { port: 8080, protocol: "TCP" },
    ]);
  });

  test("reads topology spread, hard and soft", () => {
    const { spread } = requirementsOf(
      podWith({
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" },
          { maxSkew: 2, topologyKey: "rack", whenUnsatisfiable: "ScheduleAnyway" },
        ],
      }),
    );
    assert.deepEqual(spread, [
      { key: "zone", maxSkew: 1, hard: true, counts: {} },
      { key: "rack", maxSkew: 2, hard: false, counts: {} },
    ]);
  });

  for (const [labels, apart] of [
    [{ app: "web" }, true],
    [{ app: "db" }, false],
  ] as const) {
    test(`anti-affinity by host to app ${labels.app} means apart ${apart}`, () => {
      const term = {
        topologyKey: "kubernetes.io/hostname",
        labelSelector: { matchLabels: labels },
      };
      const affinity = {
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
      };
      assert.equal(requirementsOf(podWith({ affinity })).apart, apart);
    });
  }
});
