import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt } from "@beemesh/base";
import { type ContainerFacts, containerStatus, type Life } from "./container-status.ts";

const ended = { exitCode: 1, reason: "Error" };
const before = { exitCode: 0, reason: "Completed" };

function status(life: Life, more: Partial<ContainerFacts> = {}) {
  return containerStatus({
    name: "web",
    image: "nginx",
    imageId: "",
    containerId: undefined,
    ready: false,
    started: false,
    attempt: 2,
    life,
    last: undefined,
    previous: undefined,
    crashWaitMs: 0,
    fullName: "web-1_default(U)",
    ...more,
  });
}

describe("containerStatus", () => {
  test("tells why it waits", () => {
    const { state, lastState } = status({ kind: "waiting", reason: "R", retryAt: undefined });
    assert.deepEqual(state, { waiting: { reason: "R" } });
    assert.deepEqual(lastState, {});
  });

  test("tells a crash loop, with how it ended the last time", () => {
    const life = { kind: "exited", restartAt: instantAt(0) } as const;
    const { state, lastState } = status(life, { last: ended, crashWaitMs: 160_000 });
    const message = "back-off 2m40s restarting failed container=web pod=web-1_default(U)";
    assert.deepEqual(state, { waiting: { reason: "CrashLoopBackOff", message } });
    assert.deepEqual(lastState, { terminated: ended });
  });

  test("tells the end, and the one before that as the last state", () => {
    const life = { kind: "exited", restartAt: undefined } as const;
    const { state, lastState } = status(life, { last: ended, previous: before });
    assert.deepEqual(state, { terminated: ended });
    assert.deepEqual(lastState, { terminated: before });
  });

  test("tells since when it runs", () => {
    const life = { kind: "running", startedAtMs: 0, since: instantAt(0) } as const;
    const { state, lastState, restartCount } = status(life, { last: ended });
    assert.deepEqual(state, { running: { startedAt: "1970-01-01T00:00:00Z" } });
    assert.deepEqual(lastState, { terminated: ended });
    assert.equal(restartCount, 2);
  });
});
