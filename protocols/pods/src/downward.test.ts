import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "@beemesh/model";
import { fieldOf, resourceOf } from "./downward.ts";

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1", namespace: "shop", uid: "U", labels: { "a/b": "c", z: "y" } },
  spec: { containers: [] },
};
const facts = {
  nodeName: "ann",
  hostIp: "10.0.0.1",
  podIp: "10.1.0.2",
  cpuMillicores: 3500,
  memoryBytes: 1000,
};

describe("fieldOf", () => {
  for (const [path, expected] of [
    ["metadata.name", "web-1"],
    ["metadata.namespace", "shop"],
    ["metadata.uid", "U"],
    ["metadata.labels['a/b']", "c"],
    ["metadata.labels['none']", ""],
    ["metadata.labels", 'a/b="c"\nz="y"'],
    ["spec.nodeName", "ann"],
    ["status.podIP", "10.1.0.2"],
    ["status.hostIP", "10.0.0.1"],
    ["toString", undefined],
  ] as const) {
    test(`gives ${expected} for ${path}`, () => {
      assert.equal(fieldOf(pod, path, facts), expected);
    });
  }
});

describe("resourceOf", () => {
  const container = {
    name: "web",
    image: "nginx",
    resources: { limits: { cpu: "1500m" }, requests: { memory: "1Ki" } },
  };
  for (const [resource, divisor, expected] of [
    ["limits.cpu", undefined, "2"],
    ["limits.cpu", "1m", "1500"],
    ["limits.memory", "0", "1000"],
    ["requests.memory", "1", "1024"],
    ["requests.cpu", "1", "2"],
    ["requests.storage", "1", "0"],
    ["nonsense", "1", undefined],
  ] as const) {
    test(`gives ${expected} for ${resource} by ${divisor}`, () => {
      assert.equal(resourceOf(container, { resource, divisor }, facts), expected);
    });
  }
});
