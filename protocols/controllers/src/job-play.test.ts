/** A Job that is played in a village of machines, for the tests of all that it can go through. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaults, isJob, type Job, jobPlaceOf, type Pod, withJobSelector } from "@beemesh/model";
import { jobResource } from "./kinds.ts";
import { Village } from "./village.ts";

/** A Job as it is stored: one pod, unless its specification says more. */
export function jobOf(spec: object = {}): Job {
  const template = {
    spec: { restartPolicy: "Never", containers: [{ name: "main", image: "perl:5" }] },
  };
  const job = withJobSelector(
    defaults(jobResource, {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "pi", namespace: "default", uid: "J", generation: 1 },
      spec: { template, ...spec },
    }),
  );
  assert(isJob(job));
  return job;
}

/** A Job in a village, and what one does to its pods. */
export class Scene {
  readonly village: Village;

  constructor(spec: object = {}, options: Partial<ConstructorParameters<typeof Village>[0]> = {}) {
    this.village = new Village({ machines: 3, ...options });
    this.village.apply(jobOf(spec));
    this.village.pass(2000);
  }

  get job(): Job {
    const [job] = this.village.list(jobResource);
    assert(job && isJob(job));
    return job;
  }

  get status(): NonNullable<Job["status"]> {
    return this.job.status ?? {};
  }

  /** The condition that is true, or was told last. */
  get conditions(): string[] {
    return (this.status.conditions ?? []).map(
      ({ type, status, reason }) => `${type}=${status} ${reason}`,
    );
  }

  get pods(): readonly Pod[] {
    return this.village.running().map(({ pod }) => pod);
  }

  /** Slot and attempt of what runs, in order. */
  get places(): string[] {
    return this.pods
      .map((pod) => {
        const { slot, attempt } = jobPlaceOf(pod) ?? {};
        return `${slot}/${attempt}`;
      })
      .toSorted();
  }

  /** Ends the pods of a slot, or all. */
  end(phase: "Succeeded" | "Failed", slot?: number, exitCode?: number): this {
    const uids = this.pods
      .filter((pod) => slot === undefined || jobPlaceOf(pod)?.slot === slot)
      .map(({ metadata }) => metadata.uid ?? "");
    for (const uid of uids) this.village.finish(uid, phase, exitCode);
    return this;
  }

  pass(ms: number): this {
    this.village.pass(ms);
    return this;
  }

  change(spec: object): this {
    this.village.apply({ ...this.job, spec: { ...this.job.spec, ...spec } });
    return this.pass(3000);
  }

  told(reason: string): string[] {
    return this.village.log.filter((line) => line.startsWith(`${reason} `));
  }
}

test("a Job that is played has its pod running", () => {
  assert.deepEqual(new Scene().places, ["0/0"]);
});
