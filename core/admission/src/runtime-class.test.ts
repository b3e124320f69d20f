import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type KubeObject, objectAt } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { withRuntimeClass } from "./runtime-class.ts";

function classOf(rest: JsonObject): KubeObject {
  const metadata = { name: "vm" };
  return { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata, handler: "kata", ...rest };
}

function admitted(spec: JsonObject, rest: JsonObject = {}): JsonObject | string | undefined {
  const pod: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec };
  const found = withRuntimeClass(pod, [classOf(rest)]);
  return found.ok ? objectAt(found.pod, "spec") : found.message;
}

const runtimeClassName = "vm";
const overhead = { podFixed: { cpu: "250m" } };

describe("a pod's RuntimeClass", () => {
  test("must be there", () => {
    assert.deepEqual(admitted({}), {});
    const none = 'pod rejected: RuntimeClass "none" not found';
    assert.equal(admitted({ runtimeClassName: "none" }), none);
  });

  test("says what the pod costs, and the pod nothing else", () => {
    const cost = { cpu: "250m" };
    assert.deepEqual(admitted({ runtimeClassName }, { overhead }), {
      runtimeClassName,
      overhead: cost,
    });
    const same = { runtimeClassName, overhead: cost };
    assert.deepEqual(admitted(same, { overhead }), same);
    const other = { runtimeClassName, overhead: { cpu: "1" } };
    assert.match(JSON.stringify(admitted(other, { overhead })), /doesn't match/u);
    assert.match(JSON.stringify(admitted(other)), /without corresponding/u);
    assert.match(JSON.stringify(admitted({ overhead: cost })), /without corresponding/u);
  });

  test("says where the pod may run", () => {
    const scheduling = {
      nodeSelector: { vm: "yes" },
      tolerations: [{ key: "vm", operator: "Exists" }],
    };
    const own = { key: "a", operator: "Exists" };
    const spec = { runtimeClassName, nodeSelector: { zone: "b" }, tolerations: [own] };
    assert.deepEqual(admitted(spec, { scheduling }), {
      runtimeClassName,
      nodeSelector: { zone: "b", vm: "yes" },
      tolerations: [own, ...scheduling.tolerations],
    });
    assert.equal(
      admitted({ runtimeClassName, nodeSelector: { vm: "no" } }, { scheduling }),
      "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no",
    );
  });
});
