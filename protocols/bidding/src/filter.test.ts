import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { failedFilter, softTaintsOf } from "./filter.ts";
import type { MachineOffer } from "./machine-offer.ts";
import { offerOf, requirementsWith } from "./market.test.ts";
import type { Requirements } from "./requirements.ts";

const ssd = [{ matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] }] as const;
const gpuTaint = { key: "gpu", value: "yes", effect: "NoSchedule" } as const;

const cases: readonly (readonly [string, Partial<Requirements>, Partial<MachineOffer>])[] = [
  ["node(s) were unschedulable", {}, { unschedulable: true }],
  ["node(s) didn't match the requested node name", { nodeName: "other" }, {}],
  ["node(s) had untolerated taint(s)", {}, { taints: [gpuTaint] }],
  ["node(s) had untolerated taint(s)", {}, { taints: [{ key: "x", effect: "NoExecute" }] }],
  ["node(s) had untolerated taint(s)", {}, { diskPressure: true }],
  ["node(s) had untolerated taint(s)", {}, { memoryPressure: true }],
  [
    "node(s) had untolerated taint(s)",
    { tolerations: [{ key: "gpu", value: "no" }] },
    { taints: [gpuTaint] },
  ],
  ["node(s) didn't match Pod's node affinity/selector", { nodeSelector: { disk: "ssd" } }, {}],
  ["node(s) didn't match Pod's node affinity/selector", { affinity: ssd }, {}],
  [
    "node(s) didn't have free ports for the requested pod ports",
    { hostPorts: [{ port: 80, protocol: "TCP" }] },
    { hostPorts: [{ port: 80, protocol: "TCP" }] },
  ],
  [
    "node(s) didn't have free ports for the requested pod ports",
    { hostPorts: [{ port: 80, protocol: "TCP", ip: "127.0.0.1" }] },
    { hostPorts: [{ port: 80, protocol: "TCP" }] },
  ],
  [
    "node(s) didn't have free ports for the requested pod ports",
    { hostPorts: [{ port: 80, protocol: "TCP" }] },
    { hostPorts: [{ port: 80, protocol: "TCP", ip: "127.0.0.1" }] },
  ],
  [`node(s) didn't have the runtime handler "kata"`, { runtimeHandler: "kata" }, {}],
  ["Insufficient cpu", { cpuMillicores: 4001 }, {}],
  ["Insufficient memory", { memoryBytes: 2 ** 32 + 1 }, {}],
  ["Too many pods", {}, { reserved: { cpuMillicores: 0, memoryBytes: 0, pods: 110 } }],
  [
    "node(s) didn't match pod topology spread constraints (missing required label)",
    { spread: [{ key: "zone", maxSkew: 1, hard: true, counts: {} }] },
    {},
  ],
  [
    "node(s) didn't match pod anti-affinity rules",
    { apart: true },
    { workloads: new Map([["web", 1]]) },
  ],
];

const fine: readonly (readonly [string, Partial<Requirements>, Partial<MachineOffer>])[] = [
  ["an empty machine", {}, {}],
  ["a machine that has the handler", { runtimeHandler: "runc" }, {}],
  ["the named machine", { nodeName: "n1" }, {}],
  ["a tolerated taint", { tolerations: [{ key: "gpu", value: "yes" }] }, { taints: [gpuTaint] }],
  [
    "a taint under blanket toleration",
    { tolerations: [{ operator: "Exists" }] },
    { taints: [gpuTaint] },
  ],
  ["a soft taint", {}, { taints: [{ key: "gpu", effect: "PreferNoSchedule" }] }],
  [
    "a cordoned machine, tolerated",
    { tolerations: [{ operator: "Exists" }] },
    { unschedulable: true },
  ],
  [
    "the same port of another protocol",
    { hostPorts: [{ port: 53, protocol: "TCP" }] },
    { hostPorts: [{ port: 53, protocol: "UDP" }] },
  ],
  [
    "the same port at another address",
    { hostPorts: [{ port: 53, protocol: "TCP", ip: "127.0.0.1" }] },
    { hostPorts: [{ port: 53, protocol: "TCP", ip: "10.0.0.1" }] },
  ],
  ["exactly enough", { cpuMillicores: 4000, memoryBytes: 2 ** 32 }, {}],
  [
    "a soft spread without label",
    { spread: [{ key: "zone", maxSkew: 1, hard: false, counts: {} }] },
    {},
  ],
  ["other workloads' pods", { apart: true }, { workloads: new Map([["db", 1]]) }],
];

describe("failedFilter", () => {
  for (const [filter, requirements, offer] of cases) {
    test(`${filter}: ${Object.keys({ ...requirements, ...offer }).join()}`, () => {
      assert.equal(
        failedFilter(requirementsWith(requirements), offerOf("n1", offer), "web"),
        filter,
      );
    });
  }

  for (const [what, requirements, offer] of fine) {
    test(`lets pass ${what}`, () => {
      const failed = failedFilter(requirementsWith(requirements), offerOf("n1", offer), "web");
      assert.equal(failed, undefined);
    });
  }
});

test("softTaintsOf counts what a pod would rather avoid", () => {
  const taints = [{ key: "a", effect: "PreferNoSchedule" }, gpuTaint] as const;
  assert.equal(softTaintsOf(requirementsWith(), offerOf("n1", { taints })), 1);
  const tolerations = [{ operator: "Exists" }] as const;
  assert.equal(softTaintsOf(requirementsWith({ tolerations }), offerOf("n1", { taints })), 0);
});
