/** Source: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type KubeObject, valueAt } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { priorityClassFault, withPriority } from "./priority.ts";
import { podWith } from "./test-objects.ts";

function classOf(name: string, value: number, rest: JsonObject = {}): KubeObject {
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    ...rest,
  };
}

function standing(spec: JsonObject, ...classes: KubeObject[]): unknown {
  const result = withPriority(podWith([], spec), classes);
  if (!result.ok) return result.message;
  return ["priorityClassName", "priority", "preemptionPolicy"].map((member) =>
    valueAt(result.pod, ["spec", member]),
  );
}

describe("withPriority", () => {
  test("a pod of no class has priority 0", () => {
    assert.deepEqual(standing({}), [undefined, 0, "PreemptLowerPriority"]);
  });

  test("a class gives its value and its policy", () => {
    const high = classOf("high", 1000, { preemptionPolicy: "Never" });
    assert.deepEqual(standing({ priorityClassName: "high" }, high), ["high", 1000, "Never"]);
  });

  test("the classes of the system are there", () => {
    const name = "system-node-critical";
    const expected = [name, 2_000_001_000, "PreemptLowerPriority"];
    assert.deepEqual(standing({ priorityClassName: name }), expected);
  });

  test("of several global defaults the lowest counts", () => {
    const defaults = [5, 3].map((value) => classOf(`p${value}`, value, { globalDefault: true }));
    assert.deepEqual(standing({}, ...defaults), ["p3", 3, "PreemptLowerPriority"]);
  });

  test("an unknown class and a made-up number are refused", () => {
    assert.equal(
      standing({ priorityClassName: "nope" }),
      "no PriorityClass with name nope was found",
    );
    assert.equal(
      standing({ priority: 7 }),
      "the integer value of priority (7) must not be provided in pod spec; priority admission " +
        "controller computed 0 from the given PriorityClass name",
    );
    assert.match(String(standing({ preemptionPolicy: "Never" })), /PreemptionPolicy \(Never\)/u);
  });
});

test("there is one global default", () => {
  const first = classOf("first", 1, { globalDefault: true });
  const second = classOf("second", 1, { globalDefault: true });
  assert.equal(
    priorityClassFault(second, [first]),
    "PriorityClass first is already marked as default. Only one default can exist",
  );
  assert.equal(priorityClassFault(first, [first]), "");
  assert.equal(priorityClassFault(classOf("third", 1), [first]), "");
});
