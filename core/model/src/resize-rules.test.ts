/** Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { causesText } from "./cause.ts";
import { resizeCauses, resizePolicyCauses } from "./resize-rules.ts";

const policy = [{ resourceName: "cpu", restartPolicy: "NotRequired" }];

function podWith(resources: JsonObject, more: JsonObject = {}, spec: JsonObject = {}): JsonObject {
  return { spec: { containers: [{ name: "a", image: "i:1", resources, ...more }], ...spec } };
}

function resizes(before: JsonObject, after: JsonObject): string {
  return causesText(resizeCauses(before, after));
}

const burst = { requests: { cpu: "1", "a.b/gpu": "1" } };

describe("a pod that runs", () => {
  test("may get other amounts of CPU and memory, and other policies", () => {
    assert.equal(
      resizes(podWith(burst), podWith({ requests: { cpu: "2", "a.b/gpu": "1" } })),
      "[]",
    );
    const more = { requests: { cpu: "2", memory: "1Gi", "a.b/gpu": "1" }, limits: { cpu: "3" } };
    assert.equal(resizes(podWith(burst), podWith(more, { resizePolicy: policy })), "[]");
  });

  for (const [what, after, text] of [
    ["its class", { requests: burst.requests, limits: burst.requests }, ""],
    [
      "resources away",
      { requests: { "a.b/gpu": "1" } },
      "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
    ],
    [
      "other resources",
      { requests: { cpu: "1", "a.b/gpu": "2" } },
      "spec: Forbidden: only cpu and memory resources are mutable",
    ],
  ] as const) {
    test(`may not get ${what}`, () => {
      const found = resizes(podWith(burst), podWith(after));
      assert(text === "" ? found !== "" : found.includes(text), found);
    });
  }

  test("keeps its class of service", () => {
    const same = { cpu: "1", memory: "1Gi" };
    const before = podWith({ requests: same, limits: same });
    const after = podWith({ requests: { ...same, cpu: "0.5" }, limits: same });
    const rule = "Pod QOS Class may not change as a result of resizing";
    assert.equal(resizes(before, after), `spec: Invalid value: "Burstable": ${rule}`);
  });

  test("keeps its containers, and all else of them", () => {
    const pod = podWith(burst);
    assert.match(resizes(pod, podWith(burst, { name: "b" })), /may not be renamed or reordered/u);
    assert.match(resizes(pod, { spec: { containers: [] } }), /may not be added or removed/u);
    assert.match(resizes(pod, podWith(burst, { image: "i:2" })), /only cpu and memory/u);
    assert.match(resizes(pod, podWith(burst, {}, { nodeName: "x" })), /only cpu and memory/u);
  });

  test("may resize what runs beside it, and not what has run before", () => {
    const init = (cpu: string, restartPolicy: string): JsonObject => {
      const container = {
        name: "i",
        image: "i:1",
        restartPolicy,
        resources: { requests: { cpu } },
      };
      return podWith(burst, {}, { initContainers: [container] });
    };
    assert.equal(resizes(init("1", "Always"), init("2", "Always")), "[]");
    assert.match(resizes(init("1", ""), init("2", "")), /only cpu and memory/u);
  });
});

test("a container that ends for good does not begin anew for other resources", () => {
  const anew = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
  const causes = (restartPolicy: string, resizePolicy: JsonObject[]): string =>
    causesText(
      resizePolicyCauses({ restartPolicy, containers: [{ name: "a", resizePolicy }] }, "spec"),
    );
  assert.equal(causes("OnFailure", anew), "[]");
  assert.equal(
    causes("Never", anew),
    'spec.containers[0].resizePolicy: Invalid value: "RestartContainer": ' +
      "must be 'NotRequired' when `restartPolicy` is 'Never'",
  );
  assert.match(causes("Always", [...policy, ...policy]), /Duplicate value: "cpu"/u);
});
