import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import type { KubeObject } from "./object.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

const jobs = resourceOfKind("batch/v1", "Job");
assert(jobs);
const podSpec = { containers: [{ name: "a", image: "b:1" }], restartPolicy: "Never" };

function jobOf(spec: object, name = "pi"): KubeObject {
  const template = { metadata: { labels: { app: "pi" } }, spec: podSpec };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name }, spec: { template, ...spec } };
}

function check(spec: object, name = "pi"): string[] {
  assert(jobs);
  const causes = validate(jobs, defaults(jobs, jobOf(spec, name)));
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

const valuesOf = (spec: object, ...members: readonly string[]): unknown[] => {
  assert(jobs);
  const filled: Record<string, unknown> = Object(defaults(jobs, jobOf(spec)).spec);
  return members.map((member) => filled[member]);
};

describe("rules of CronJobs", () => {
  const cronJobs = resourceOfKind("batch/v1", "CronJob");
  const cronJobOf = (spec: object, name = "nightly"): KubeObject => {
    assert(cronJobs);
    const jobTemplate = { spec: { template: { spec: podSpec } } };
    const whole = { schedule: "0 3 * * *", jobTemplate, ...spec };
    const metadata = { name };
    return defaults(cronJobs, { apiVersion: "batch/v1", kind: "CronJob", metadata, spec: whole });
  };
  const fieldsOf = (spec: object, name?: string): string[] => {
    assert(cronJobs);
    return validate(cronJobs, cronJobOf(spec, name)).map(({ field }) => field);
  };

  test("a schedule can be read, and a zone is known", () => {
    assert.deepEqual(fieldsOf({ timeZone: "Europe/Paris" }), []);
    assert.deepEqual(fieldsOf({ schedule: "whenever" }), ["spec.schedule"]);
    assert.deepEqual(fieldsOf({ schedule: "" }), ["spec.schedule"]);
    assert.deepEqual(fieldsOf({ timeZone: "Mars/Olympus" }), ["spec.timeZone"]);
    assert.deepEqual(fieldsOf({ concurrencyPolicy: "Hope" }), ["spec.concurrencyPolicy"]);
  });

  test("its Jobs are looked at, and their names leave room for the time", () => {
    const endless = { spec: { template: { spec: { ...podSpec, restartPolicy: "Always" } } } };
    assert.deepEqual(fieldsOf({ jobTemplate: endless }), [
      "spec.jobTemplate.spec.template.spec.restartPolicy",
    ]);
    const manual = { manualSelector: true, selector: { matchLabels: { a: "b" } } };
    const template = { metadata: { labels: { a: "b" } }, spec: podSpec };
    assert.deepEqual(fieldsOf({ jobTemplate: { spec: { template, ...manual } } }), [
      "spec.jobTemplate.spec.selector",
      "spec.jobTemplate.spec.manualSelector",
    ]);
    assert.deepEqual(fieldsOf({}, "x".repeat(52)), []);
    assert.deepEqual(fieldsOf({}, "x".repeat(53)), ["metadata.name"]);
  });

  test("it keeps three that succeeded and one that failed", () => {
    const spec: Record<string, unknown> = Object(cronJobOf({}).spec);
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit, concurrencyPolicy } = spec;
    assert.deepEqual(
      [successfulJobsHistoryLimit, failedJobsHistoryLimit, concurrencyPolicy],
      [3, 1, "Allow"],
    );
  });
});

describe("rules of Jobs", () => {
  test("a plain Job is one pod, and its labels are those of its pods", () => {
    assert(jobs);
    assert.deepEqual(check({}), []);
    const numbers = ["completions", "parallelism", "backoffLimit"];
    assert.deepEqual(valuesOf({}, ...numbers), [1, 1, 6]);
    assert.deepEqual(valuesOf({ completions: 5 }, ...numbers), [5, 1, 6]);
    assert.deepEqual(valuesOf({ parallelism: 5 }, ...numbers), [undefined, 5, 6]);
    assert.deepEqual(valuesOf({ completions: 0, backoffLimit: 0 }, ...numbers), [0, 1, 0]);
    assert.deepEqual(valuesOf({}, "completionMode", "podReplacementPolicy", "suspend"), [
      "NonIndexed",
      "TerminatingOrFailed",
      false,
    ]);
    assert.deepEqual(defaults(jobs, jobOf({})).metadata.labels, { app: "pi" });
  });

  test("its pods end", () => {
    const withPolicy = (restartPolicy: string | undefined) =>
      check({ template: { spec: { ...podSpec, restartPolicy } } });
    assert.deepEqual(withPolicy("OnFailure"), []);
    const required =
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"';
    assert.deepEqual(withPolicy("Always"), [required]);
    assert.deepEqual(withPolicy(undefined), [required]);
  });

  test("an Indexed one says how many, and its pods have names of hosts", () => {
    assert.deepEqual(check({ completionMode: "Indexed", completions: 3 }), []);
    assert.deepEqual(check({ completionMode: "Indexed", parallelism: 2 }), [
      "spec.completions: Required value: when completion mode is Indexed",
    ]);
    const long = "x".repeat(61);
    assert.deepEqual(check({ completionMode: "Indexed", completions: 10 }, long), []);
    assert.match(check({ completionMode: "Indexed", completions: 11 }, long)[0] ?? "", /DNS label/);
  });

  test("numbers have bounds, and a selector selects its own pods", () => {
    assert.equal(check({ completions: -1, parallelism: 100_001, backoffLimit: -1 }).length, 3);
    assert.deepEqual(check({ selector: { matchLabels: { app: "pi" } } }), []);
    assert.match(check({ selector: { matchLabels: { app: "e" } } })[0] ?? "", /does not match/);
    assert.deepEqual(check({ manualSelector: true }), ["spec.selector: Required value"]);
    const selector = { matchLabels: { app: "pi" } };
    assert.deepEqual(check({ manualSelector: true, selector }), []);
  });
});
