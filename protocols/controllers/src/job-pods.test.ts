import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Job, Pod } from "@beemesh/model";
import { dismissedAnnotation, replacesLeaving, slotsOf, tallyOf } from "./job-pods.ts";
import { endedPod, jobOf, podOf, sceneOf } from "./job-scene.test.ts";

const deletionTimestamp = "1970-01-01T00:00:30Z";
const dismissed = { deletionTimestamp, annotations: { [dismissedAnnotation]: "true" } };

function tally(job: Job, ...pods: readonly Pod[]) {
  const isAlive = (machine: string): boolean => machine !== "dead";
  return tallyOf(job, sceneOf(job, pods, { isAlive }));
}

describe("the pods of a Job", () => {
  for (const [state, pod] of [
    ["active", podOf({})],
    ["active", podOf({}, { phase: "Pending" })],
    ["succeeded", podOf({}, { phase: "Succeeded" })],
    ["succeeded", podOf({}, { phase: "Succeeded" }, dismissed)],
    ["failed", podOf({}, { phase: "Failed" })],
    ["failed", podOf({}, { phase: "Failed" }, { deletionTimestamp })],
    ["lost", podOf({}, { phase: "Failed", reason: "Lost" })],
    ["lost", { ...podOf({}), spec: { ...podOf({}).spec, nodeName: "dead" } }],
    ["leaving", podOf({}, { phase: "Running" }, { deletionTimestamp })],
    ["dismissed", podOf({}, { phase: "Running" }, dismissed)],
    ["dismissed", podOf({}, { phase: "Failed" }, dismissed)],
  ] as const) {
    test(`one that is ${pod.status?.phase} may be ${state}`, () => {
      assert.deepEqual(
        tally(jobOf(), pod).pods.map((each) => each.state),
        [state],
      );
    });
  }

  test("failures are known by the latest attempt, and by what was told", () => {
    const pods = [endedPod({}, "Failed", 1), podOf({ attempt: 1 }), podOf({ slot: 1, attempt: 2 })];
    assert.deepEqual([tally(jobOf(), ...pods).failed, tally(jobOf(), ...pods).unseen], [3, 0]);
    const told = tally(jobOf({}, { failed: 5 }), ...pods);
    assert.deepEqual([told.failed, told.unseen], [5, 2]);
  });

  test("successes stay, within the completions", () => {
    const { done } = tally(jobOf({}, { completedIndexes: "2,7" }), endedPod({}, "Succeeded", 1));
    assert.deepEqual([...done], [2, 0]);
  });

  test("one that is deleted counts as failed unless it shall be waited for", () => {
    const pod = podOf({}, { phase: "Running" }, { deletionTimestamp });
    assert.equal(tally(jobOf(), pod).failed, 1);
    const patient = jobOf({ podReplacementPolicy: "Failed" });
    assert.equal(tally(patient, pod).failed, 0);
    assert.deepEqual([replacesLeaving(jobOf()), replacesLeaving(patient)], [true, false]);
  });

  test("what is not in its place is foreign", () => {
    const metadata = { name: "evil" };
    const { foreign, pods } = tally(jobOf(), podOf({}, { phase: "Running" }, metadata));
    assert.deepEqual([foreign.length, pods.length], [1, 0]);
  });
});

test("a work queue has as many slots as it takes", () => {
  const { completions: _, ...spec } = jobOf().spec;
  assert.equal(slotsOf({ ...jobOf(), spec }), 100_000);
  assert.equal(slotsOf(jobOf()), 3);
});
