import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { isDerivedFrom, workloadName } from "./derive.ts";
import {
  deriveJobPod,
  type JobPlace,
  jobOfCronJob,
  jobPlaceOf,
  jobPodName,
  withJobSelector,
} from "./derive-job.ts";
import { matches, selectorOf } from "./label-selector.ts";
import type { KubeObject } from "./object.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";
import { type CronJob, isCronJob, isJob, type Job } from "./workload.ts";

const jobs = resourceOfKind("batch/v1", "Job");
const pods = resourceOfKind("v1", "Pod");
assert(jobs && pods);

function jobOf(spec: object = {}): Job {
  assert(jobs);
  const metadata = { name: "pi", namespace: "default", uid: "u1" };
  const template = {
    metadata: { labels: { app: "pi" } },
    spec: {
      restartPolicy: "OnFailure",
      initContainers: [{ name: "first", image: "perl:5" }],
      containers: [{ name: "pi", image: "perl:5", env: [{ name: "A", value: "b" }] }],
    },
  };
  const body = { apiVersion: "batch/v1", kind: "Job", metadata, spec: { template, ...spec } };
  const job = withJobSelector(defaults(jobs, body));
  assert(isJob(job));
  return job;
}

const plain = jobOf({ completions: 3 });
const indexed = jobOf({ completions: 3, completionMode: "Indexed" });

describe("withJobSelector", () => {
  test("makes the Job's pods its own, and no others'", () => {
    assert(jobs);
    assert.deepEqual(validate(jobs, plain), []);
    const pod = deriveJobPod(plain, { slot: 0, attempt: 0 }, "p1");
    const selector = selectorOf(plain.spec.selector ?? {});
    assert(matches(selector, pod.metadata.labels));
    assert.equal(pod.metadata.labels?.["job-name"], "pi");
    const other = { ...pod.metadata.labels, "batch.kubernetes.io/controller-uid": "u2" };
    assert(!matches(selector, other));
  });

  test("leaves alone what its author looks after, and what is no Job", () => {
    const manual = jobOf({ manualSelector: true });
    assert.equal(manual.spec.selector, undefined);
    const pod: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" } };
    assert.equal(withJobSelector(pod), pod);
  });
});

describe("deriveJobPod", () => {
  test("is a valid pod whose name tells slot and attempt apart", () => {
    assert(pods);
    const pod = deriveJobPod(plain, { slot: 2, attempt: 1 }, "p1");
    assert.deepEqual(validate(pods, pod), []);
    assert.match(pod.metadata.name, /^pi-2-[a-z0-9]{5}$/u);
    assert.deepEqual(jobPlaceOf(pod), { slot: 2, attempt: 1 });
    const names = [0, 1, 2].flatMap((slot) =>
      [0, 1].map((attempt) => jobPodName(plain, { slot, attempt })),
    );
    assert.equal(new Set(names).size, 6);
    assert.equal(pod.spec.hostname, undefined);
    assert.equal(workloadName(pod), "default/pi");
  });

  test("tells each container of an Indexed Job its index", () => {
    assert(pods);
    const pod = deriveJobPod(indexed, { slot: 2, attempt: 0 }, "p1");
    assert.deepEqual(validate(pods, pod), []);
    const index = "batch.kubernetes.io/job-completion-index";
    assert.equal(pod.metadata.annotations?.[index], "2");
    assert.equal(pod.metadata.labels?.[index], "2");
    assert.equal(pod.spec.hostname, "pi-2");
    for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
      const variable = container.env?.find(({ name }) => name === "JOB_COMPLETION_INDEX");
      const fieldPath = `metadata.annotations['${index}']`;
      assert.equal(variable?.valueFrom?.fieldRef?.fieldPath, fieldPath);
    }
    assert.equal(pod.spec.containers[0]?.env?.[0]?.value, "b");
  });
});

test("a pod of a Job tells how many attempts before it count, if that matters", () => {
  const annotationsOf = (job: Job, place: JobPlace): readonly unknown[] => {
    const pod = deriveJobPod(job, place, "p1");
    assert.deepEqual(jobPlaceOf(pod), place);
    assert(isDerivedFrom(pod, job));
    return ["job-index-failure-count", "job-index-ignored-failure-count"].map(
      (each) => pod.metadata.annotations?.[`batch.kubernetes.io/${each}`],
    );
  };
  const limited: Job = { ...indexed, spec: { ...indexed.spec, backoffLimitPerIndex: 3 } };
  const later = { slot: 1, attempt: 3, ignored: 1 };
  assert.deepEqual(annotationsOf(plain, later), [undefined, undefined]);
  assert.deepEqual(annotationsOf(limited, { slot: 1, attempt: 0 }), ["0", undefined]);
  assert.deepEqual(annotationsOf(limited, later), ["2", "1"]);
});

test("the Job of a scheduled time has a computed name and uid, and is valid", () => {
  assert(jobs);
  const cronJob: CronJob = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "nightly", namespace: "default", uid: "c1" },
    spec: {
      schedule: "0 3 * * *",
      jobTemplate: { metadata: { labels: { a: "b" } }, spec: { template: plain.spec.template } },
    },
  };
  assert(isCronJob(cronJob) && !isCronJob(plain));
  const job = jobOfCronJob(cronJob, 90 * 60_000);
  assert.deepEqual(validate(jobs, job), []);
  assert.equal(job.metadata.name, "nightly-90");
  assert.deepEqual(jobOfCronJob(cronJob, 90 * 60_000), job);
  assert.notEqual(jobOfCronJob(cronJob, 91 * 60_000).metadata.uid, job.metadata.uid);
  assert.deepEqual(job.metadata.labels, { a: "b" });
  const scheduled = "batch.kubernetes.io/cronjob-scheduled-timestamp";
  assert.equal(job.metadata.annotations?.[scheduled], "1970-01-01T01:30:00Z");
});

describe("isDerivedFrom a Job", () => {
  const pod = deriveJobPod(indexed, { slot: 1, attempt: 2 }, "p1");
  const marked = (annotations: object): KubeObject => ({
    ...pod,
    metadata: { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } },
  });

  test("holds for its pods, wherever they were placed", () => {
    assert(isDerivedFrom(pod, indexed));
    assert(isDerivedFrom({ ...pod, spec: { ...pod.spec, nodeName: "n1" } }, indexed));
    assert(isDerivedFrom(deriveJobPod(plain, { slot: 0, attempt: 0 }, "p2"), plain));
  });

  test("does not hold for another place, image, index or Job", () => {
    assert(!isDerivedFrom(marked({ "beemesh.io/attempt": "0" }), indexed));
    assert(!isDerivedFrom(marked({ "beemesh.io/slot": "0" }), indexed));
    assert(!isDerivedFrom(marked({ "beemesh.io/slot": "-1" }), indexed));
    assert(!isDerivedFrom(marked({ "batch.kubernetes.io/job-completion-index": "0" }), indexed));
    const containers = [{ ...pod.spec.containers[0], name: "pi", image: "evil" }];
    assert(!isDerivedFrom({ ...pod, spec: { ...pod.spec, containers } }, indexed));
    assert(!isDerivedFrom(pod, plain));
    const metadata = { ...indexed.metadata, uid: "u2" };
    assert(!isDerivedFrom(pod, { ...indexed, metadata }));
  });
});
