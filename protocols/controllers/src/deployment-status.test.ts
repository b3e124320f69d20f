import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Deployment, replicaSetOf } from "@beemesh/model";
import { type DeploymentStatus, deploymentStatus, statusText } from "./deployment-status.ts";
import type { Revision } from "./revisions.ts";

function deployment(status: DeploymentStatus = {}): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", generation: 2 },
    spec: { replicas: 2, selector: {}, template: { spec: { containers: [] } } },
    status,
  };
}

function revision(living: number, available: number): Revision {
  const set = replicaSetOf(deployment());
  return { set, wanted: living, living, present: living, ready: available, available };
}

function statusOf(current: Revision, before: DeploymentStatus, wallMs: number) {
  const revisions = { current, earlier: [], orphans: [], nextInMs: Infinity };
  return deploymentStatus(deployment(before), revisions, wallMs);
}

function progressing({ conditions }: DeploymentStatus) {
  return conditions?.find(({ type }) => type === "Progressing");
}

describe("deploymentStatus", () => {
  const { status: begun } = statusOf(revision(2, 0), {}, 0);

  test("counts, and leaves out what is none", () => {
    const { conditions: _, ...counts } = statusOf(revision(2, 1), {}, 0).status;
    assert.deepEqual(counts, {
      observedGeneration: 2,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 1,
      availableReplicas: 1,
      unavailableReplicas: 1,
    });
  });

  test("moves the time of progress with each step, and gives up after the deadline", () => {
    assert.equal(progressing(begun)?.lastUpdateTime, "1970-01-01T00:00:00Z");
    const { status: stepped } = statusOf(revision(2, 1), begun, 60_000);
    assert.equal(progressing(stepped)?.lastUpdateTime, "1970-01-01T00:01:00Z");
    const waiting = statusOf(revision(2, 1), stepped, 61_000);
    assert.equal(waiting.againInMs, 599_000);
    assert.equal(statusText(waiting.status), statusText(stepped));
    const { status: late } = statusOf(revision(2, 1), stepped, 660_000);
    assert.equal(progressing(late)?.reason, "ProgressDeadlineExceeded");
    const { status: stillLate } = statusOf(revision(2, 1), late, 700_000);
    assert.equal(statusText(stillLate), statusText(late));
  });

  test("stays complete when a pod is lost later, until there is a new generation", () => {
    const { status: complete } = statusOf(revision(2, 2), begun, 1000);
    assert.equal(progressing(complete)?.reason, "NewReplicaSetAvailable");
    const { status: hurt } = statusOf(revision(2, 1), complete, 2000);
    assert.equal(progressing(hurt)?.reason, "NewReplicaSetAvailable");
    const earlier = { ...complete, observedGeneration: 1 };
    const { status: anew } = statusOf(revision(2, 1), earlier, 2000);
    assert.equal(progressing(anew)?.reason, "ReplicaSetUpdated");
  });
});
