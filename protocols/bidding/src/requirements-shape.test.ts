import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseJson } from "@beemesh/wire";
import { isRequirements } from "./requirements-shape.ts";

const plain = {
  cpuMillicores: 100,
  memoryBytes: 1024,
  nodeSelector: { disk: "ssd" },
  tolerations: [{ key: "gpu", operator: "Exists", effect: "NoSchedule", tolerationSeconds: 5 }],
  hostPorts: [{ port: 80, protocol: "TCP" }],
  spread: [{ key: "zone", maxSkew: 1, hard: true, counts: { a: 2 } }],
  apart: false,
};

describe("isRequirements", () => {
  test("accepts what requirementsOf gives", () => {
    assert(isRequirements({ ...plain }));
    assert(
      isRequirements({
        ...plain,
        nodeName: "n1",
        affinity: [{ matchExpressions: [{ key: "zone", operator: "Exists" }] }],
      }),
    );
  });

  for (const [what, json] of [
    ["nothing", undefined],
    ["a list", []],
    ["a fraction of a millicore", { ...plain, cpuMillicores: 0.5 }],
    ["negative memory", { ...plain, memoryBytes: -1 }],
    ["an unknown member", { ...plain, gpu: 1 }],
    ["a missing member", { ...plain, apart: undefined }],
    ["port 0", { ...plain, hostPorts: [{ port: 0, protocol: "TCP" }] }],
    ["an unknown operator", { ...plain, tolerations: [{ operator: "Like" }] }],
    ["too many tolerations", { ...plain, tolerations: Array.from({ length: 65 }, () => ({})) }],
    ["a selector of numbers", { ...plain, nodeSelector: { a: 1 } }],
    ["a skew of nothing", { ...plain, spread: [{ key: "z", maxSkew: 0, hard: true, counts: {} }] }],
    ["an affinity without operator", { ...plain, affinity: [{ matchFields: [{ key: "a" }] }] }],
  ] as const) {
    test(`refuses ${what}`, () => {
      assert(!isRequirements(parseJson(JSON.stringify(json ?? null))));
    });
  }
});
