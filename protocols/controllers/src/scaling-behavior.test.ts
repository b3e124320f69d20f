/**
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { type ScalingBehavior, type ScalingRules, stepOf } from "./scaling-behavior.ts";
import { ScalingHistory } from "./scaling-history.ts";

const pods = (value: number, periodSeconds = 60) =>
  ({ type: "Pods", value, periodSeconds }) as const;
const percent = (value: number, periodSeconds = 60) =>
  ({ type: "Percent", value, periodSeconds }) as const;

function behaviorOf(
  up: Partial<ScalingRules> = {},
  down: Partial<ScalingRules> = {},
): ScalingBehavior {
  const rules: ScalingRules = {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [percent(100), pods(4)],
    tolerance: 0.1,
  };
  return {
    scaleUp: { ...rules, ...up },
    scaleDown: { ...rules, policies: [percent(100)], ...down },
  };
}

/** What comes of `desired`, after these recommendations and changes a second apart. */
function step(
  [replicas, desired]: readonly [number, number],
  behavior: ScalingBehavior,
  before: { readonly said?: readonly number[]; readonly done?: readonly number[] } = {},
) {
  const history = new ScalingHistory();
  const { said = [], done = [] } = before;
  for (const [index, each] of said.entries()) history.recommend(each, instantAt(index * 1000));
  for (const [index, each] of done.entries()) history.change(each, instantAt(index * 1000));
  const wish = { replicas, desired, min: 1, max: 100 };
  return stepOf(wish, behavior, history, instantAt(10_000));
}

describe("a step of an autoscaler", () => {
  test("grows by the policy that allows most, and says by which it is held back", () => {
    const { replicas, limit } = step([10, 90], behaviorOf());
    assert.equal(replicas, 20);
    assert.deepEqual([limit.isLimited, limit.reason], [true, "ScaleUpLimit"]);
    assert.equal(step([2, 90], behaviorOf()).replicas, 6);
  });

  test("grows by the policy that allows least, or not at all, if told so", () => {
    assert.equal(step([10, 90], behaviorOf({ selectPolicy: "Min" })).replicas, 14);
    assert.equal(step([10, 90], behaviorOf({ selectPolicy: "Disabled" })).replicas, 10);
  });

  test("counts what came in the same period", () => {
    assert.equal(step([18, 90], behaviorOf(), { done: [4, 4] }).replicas, 20);
    assert.equal(step([30, 90], behaviorOf(), { done: [10, 10] }).replicas, 30);
  });

  test("shrinks by the policy that takes most, or least if told so", () => {
    const policies = [pods(4), percent(10)];
    const most = step([80, 10], behaviorOf({}, { policies }));
    assert.deepEqual([most.replicas, most.limit.reason], [72, "ScaleDownLimit"]);
    assert.equal(step([80, 10], behaviorOf({}, { policies, selectPolicy: "Min" })).replicas, 76);
    assert.equal(step([80, 10], behaviorOf({}, { selectPolicy: "Disabled" })).replicas, 80);
    assert.equal(step([76, 10], behaviorOf({}, { policies }), { done: [-4] }).replicas, 72);
  });

  test("stays within its bounds", () => {
    const high = step([60, 500], behaviorOf());
    assert.deepEqual([high.replicas, high.limit.reason], [100, "TooManyReplicas"]);
    const low = step([60, 0], behaviorOf());
    assert.deepEqual([low.replicas, low.limit.reason], [1, "TooFewReplicas"]);
    const fine = step([60, 61], behaviorOf());
    assert.deepEqual([fine.replicas, fine.limit.reason], [61, "DesiredWithinRange"]);
    assert.equal(fine.limit.isLimited, false);
  });

  test("shrinks to the highest of what was recommended of late", () => {
    const behavior = behaviorOf({}, { stabilizationWindowSeconds: 300 });
    const { replicas, stability } = step([10, 2], behavior, { said: [4, 7, 3] });
    assert.deepEqual([replicas, stability.reason], [7, "ScaleDownStabilized"]);
    const grown = step([10, 2], behavior, { said: [12] });
    assert.deepEqual([grown.replicas, grown.stability.reason], [10, "ScaleDownStabilized"]);
  });

  test("grows to the lowest of what was recommended of late", () => {
    const behavior = behaviorOf({ stabilizationWindowSeconds: 60 });
    const { replicas, stability } = step([2, 6], behavior, { said: [4, 3] });
    assert.deepEqual([replicas, stability.reason], [3, "ScaleUpStabilized"]);
    assert.equal(step([2, 6], behaviorOf(), { said: [4, 3] }).stability.reason, "ReadyForNewScale");
  });
});
