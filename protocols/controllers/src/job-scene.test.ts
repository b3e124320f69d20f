/** A Job and its pods in a view of their own, for the tests of what a Job is looked at with. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { deriveJobPod, type Job, type JobPlace, type Pod, type PodStatus } from "@beemesh/model";
import { jobResource, podResource } from "./kinds.ts";
import { viewOf } from "./sight.ts";
import type { View } from "./view.ts";

export function jobOf(spec: Partial<Job["spec"]> = {}, status?: Job["status"]): Job {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "pi", namespace: "default", uid: "J" },
    spec: {
      completions: 3,
      parallelism: 3,
      template: {
        spec: { restartPolicy: "Never", containers: [{ name: "main", image: "perl:5" }] },
      },
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

/** A pod of the Job, on machine `m1`, with a status and more in its metadata. */
export function podOf(
  place: Partial<JobPlace>,
  status: PodStatus = { phase: "Running" },
  metadata: Partial<Pod["metadata"]> = {},
): Pod {
  const { slot = 0, attempt = 0 } = place;
  const pod = deriveJobPod(jobOf(), { slot, attempt }, `P${slot}-${attempt}`);
  const annotations = { ...pod.metadata.annotations, ...metadata.annotations };
  return {
    ...pod,
    metadata: { ...pod.metadata, ...metadata, annotations },
    spec: { ...pod.spec, nodeName: "m1" },
    status,
  };
}

/** A pod that ended at a second of 1970. */
export function endedPod(place: Partial<JobPlace>, phase: "Succeeded" | "Failed", at: number): Pod {
  const finishedAt = new Date(at * 1000).toISOString();
  const state = { terminated: { exitCode: 0, reason: "Ended", finishedAt } };
  const container = { name: "main", image: "i", imageID: "", ready: false, restartCount: 0, state };
  return podOf(place, { phase, containerStatuses: [container] });
}

/** A view of the Job and its pods. */
export function sceneOf(
  job: Job,
  pods: readonly Pod[],
  options: Parameters<typeof viewOf>[0] = {},
): View {
  const view = viewOf(options);
  view.store.putSpec(jobResource, job);
  for (const pod of pods) {
    view.store.putSpec(podResource, pod);
    if (pod.status !== undefined) view.store.putStatus(podResource, pod);
  }
  return view;
}

test("a scene holds its Job and its pods", () => {
  const view = sceneOf(jobOf(), [podOf({}), endedPod({ slot: 1 }, "Failed", 5)]);
  assert.equal(view.census.ownedBy("J").length, 2);
});
