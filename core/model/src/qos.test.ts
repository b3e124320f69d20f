import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod, ResourceRequirements } from "./pod.ts";
import { qosClassOf } from "./qos.ts";

function podOf(...resources: ResourceRequirements[]): Pod {
  const containers = resources.map((each) => ({ name: "c", image: "i", resources: each }));
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec: { containers } };
}

const limits = { cpu: "500m", memory: "1Gi" };

describe("qosClassOf", () => {
  for (const [expected, pod] of [
    ["BestEffort", podOf({}, {})],
    ["Guaranteed", podOf({ limits })],
    ["Guaranteed", podOf({ limits, requests: { cpu: 0.5, memory: "1024Mi" } })],
    ["Burstable", podOf({ limits }, {})],
    ["Burstable", podOf({ limits, requests: { cpu: "100m" } })],
    ["Burstable", podOf({ requests: limits })],
  ] as const) {
    test(`is ${expected} for ${JSON.stringify(pod.spec.containers)}`, () => {
      assert.equal(qosClassOf(pod), expected);
    });
  }
});
