/** How a CronJob makes Jobs, in a village whose clock begins at midnight. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults, isJob, type KubeObject } from "@beemesh/model";
import { cronJobResource, jobResource } from "./kinds.ts";
import { Village } from "./village.ts";

const minuteMs = 60_000;

function cronJobOf(spec: object = {}): KubeObject {
  const template = {
    spec: { restartPolicy: "Never", containers: [{ name: "main", image: "perl:5" }] },
  };
  const jobTemplate = { metadata: { labels: { app: "report" } }, spec: { template } };
  return defaults(cronJobResource, {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: {
      name: "report",
      namespace: "default",
      uid: "C",
      creationTimestamp: "2026-03-01T00:00:00Z",
    },
    spec: { schedule: "*/5 * * * *", jobTemplate, ...spec },
  });
}

/** A village with a CronJob, at minute 1. */
function villageOf(spec: object = {}): Village {
  const village = new Village({ machines: 3 });
  village.apply(cronJobOf(spec));
  village.pass(minuteMs);
  return village;
}

function finish(village: Village, phase: "Succeeded" | "Failed"): void {
  for (const { pod } of village.running()) village.finish(pod.metadata.uid ?? "", phase);
  village.pass(2000);
}

/** The minutes for which there are Jobs. */
function minutesOf(village: Village): number[] {
  const start = 1_772_323_200_000 / minuteMs;
  return village
    .list(jobResource)
    .map(({ metadata }) => Number(metadata.name.replace("report-", "")) - start)
    .toSorted((a, b) => a - b);
}

function statusOf(village: Village): Readonly<Record<string, unknown>> {
  return Object(village.list(cronJobResource)[0]?.status);
}

describe("a CronJob", () => {
  test("makes one Job each time, whoever keeps it", () => {
    const village = villageOf();
    assert.deepEqual(minutesOf(village), []);
    village.pass(5 * minuteMs);
    assert.deepEqual(minutesOf(village), [5]);
    const [job] = village.list(jobResource);
    assert(job && isJob(job));
    assert.deepEqual(job.metadata.labels, { app: "report" });
    assert.equal(job.metadata.ownerReferences?.[0]?.uid, "C");
    assert.equal(village.running().length, 1);
    const { active, lastScheduleTime } = statusOf(village);
    assert.equal(lastScheduleTime, "2026-03-01T00:05:00Z");
    assert.equal(Array.isArray(active) && active.length, 1);
    finish(village, "Succeeded");
    assert.equal(statusOf(village)["active"], undefined);
    assert.notEqual(statusOf(village)["lastSuccessfulTime"], undefined);
    village.pass(5 * minuteMs);
    assert.deepEqual(minutesOf(village), [5, 10]);
  });

  test("goes by the clock of its zone", () => {
    const village = villageOf({ schedule: "35 5 * * *", timeZone: "Asia/Kolkata" });
    village.pass(5 * minuteMs);
    assert.deepEqual(minutesOf(village), [5]);
  });

  test("runs Jobs side by side, one at a time, or the newest alone", () => {
    for (const [concurrencyPolicy, minutes, running] of [
      ["Allow", [5, 10], 2],
      ["Forbid", [5], 1],
      ["Replace", [10], 1],
    ] as const) {
      const village = villageOf({ concurrencyPolicy });
      village.pass(10 * minuteMs);
      assert.deepEqual(minutesOf(village), minutes, concurrencyPolicy);
      assert.equal(village.running().length, running, concurrencyPolicy);
      const told = village.log.filter((line) => line.startsWith("JobAlreadyActive "));
      assert.equal(new Set(told).size, concurrencyPolicy === "Forbid" ? 1 : 0, told.join("\n"));
    }
  });

  test("makes up for the last time that was missed, unless that is too late", () => {
    const missed = (spec: object): number[] => {
      const village = villageOf({ ...spec, suspend: true });
      village.pass(21 * minuteMs);
      assert.deepEqual(minutesOf(village), []);
      village.apply(cronJobOf({ ...spec, suspend: false }));
      village.pass(minuteMs);
      return minutesOf(village);
    };
    assert.deepEqual(missed({}), [20]);
    assert.deepEqual(missed({ startingDeadlineSeconds: 30 }), []);
    assert.deepEqual(missed({ startingDeadlineSeconds: 200 }), [20]);
  });

  test("runs what had to wait for the one before", () => {
    const village = villageOf({ concurrencyPolicy: "Forbid" });
    village.pass(11 * minuteMs);
    finish(village, "Succeeded");
    village.pass(1000);
    assert.deepEqual(minutesOf(village), [5, 10]);
  });

  test("keeps the last few of its Jobs that have finished", () => {
    const village = villageOf({ successfulJobsHistoryLimit: 1 });
    for (let round = 0; round < 4; round += 1) {
      village.pass(5 * minuteMs);
      finish(village, "Succeeded");
    }
    assert.deepEqual(minutesOf(village), [20]);
    assert.equal(village.log.filter((line) => /Deleted job/u.test(line)).length, 3);
  });

  test("takes its Jobs and their pods with it", () => {
    const village = villageOf();
    village.pass(5 * minuteMs);
    village.delete(cronJobResource, "report");
    village.pass(minuteMs);
    assert.deepEqual([minutesOf(village), village.running().length], [[], 0]);
  });

  test("that is new makes up for nothing, and one that cannot be read does nothing", () => {
    const village = villageOf({ schedule: "nonsense" });
    village.pass(10 * minuteMs);
    assert.deepEqual(minutesOf(village), []);
  });
});
