import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { podPrinter, podSummary } from "./pod-table.ts";

const nowMs = Date.parse("2026-01-01T01:00:00Z");
const base = { name: "web", creationTimestamp: "2026-01-01T00:00:00Z" };
const running = { ready: true, state: { running: {} }, restartCount: 0 };

function pod(status: object, spec: object = {}, metadata: object = {}): object {
  const containers = [{ name: "a" }, { name: "b" }];
  return { metadata: { ...base, ...metadata }, spec: { containers, ...spec }, status };
}

function textOf(...made: Parameters<typeof pod>): string {
  const { status, readyCount, containerCount, restartCount } = podSummary(pod(...made));
  return `${readyCount}/${containerCount} ${status} ${restartCount}`;
}

const init = { initContainers: [{ name: "i" }, { name: "s", restartPolicy: "Always" }] };

describe("podSummary", () => {
  for (const [title, made, expected] of [
    ["nothing known", [{ phase: "Pending" }], "0/2 Pending 0"],
    ["running", [{ phase: "Running", containerStatuses: [running, running] }], "2/2 Running 0"],
    [
      "the first container that waits",
      [
        {
          phase: "Running",
          containerStatuses: [
            { restartCount: 3, state: { waiting: { reason: "CrashLoopBackOff" } } },
            { restartCount: 1, state: { waiting: { reason: "ImagePullBackOff" } } },
          ],
        },
      ],
      "0/2 CrashLoopBackOff 4",
    ],
    [
      "an end without a reason",
      [
        {
          phase: "Failed",
          containerStatuses: [{ state: { terminated: { exitCode: 3 } } }],
        },
      ],
      "0/2 ExitCode:3 0",
    ],
    [
      "an end by signal",
      [{ phase: "Failed", containerStatuses: [{ state: { terminated: { signal: 9 } } }] }],
      "0/2 Signal:9 0",
    ],
    [
      "one done, one running",
      [
        {
          phase: "Running",
          containerStatuses: [running, { state: { terminated: { reason: "Completed" } } }],
        },
      ],
      "1/2 NotReady 0",
    ],
    [
      "a pod that goes",
      [{ phase: "Running" }, {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }],
      "0/2 Terminating 0",
    ],
    [
      "a pod that goes with its machine",
      [{ phase: "Running", reason: "NodeLost" }, {}, { deletionTimestamp: "x" }],
      "0/2 Unknown 0",
    ],
    ["an evicted pod", [{ phase: "Failed", reason: "Evicted" }], "0/2 Evicted 0"],
    [
      "a first init container",
      [
        {
          phase: "Pending",
          initContainerStatuses: [{ name: "i", state: { running: {} } }, { name: "s" }],
          containerStatuses: [{ state: { waiting: { reason: "PodInitializing" } } }],
        },
        init,
      ],
      "0/3 Init:0/2 0",
    ],
    [
      "an init container that failed",
      [
        {
          phase: "Pending",
          initContainerStatuses: [
            { name: "i", restartCount: 2, state: { terminated: { exitCode: 1, reason: "Error" } } },
          ],
        },
        init,
      ],
      "0/3 Init:Error 2",
    ],
    [
      "an init container that waits",
      [
        {
          phase: "Pending",
          initContainerStatuses: [{ name: "i", state: { waiting: { reason: "ErrImagePull" } } }],
        },
        init,
      ],
      "0/3 Init:ErrImagePull 0",
    ],
    [
      "all initialized, with a sidecar",
      [
        {
          phase: "Running",
          initContainerStatuses: [
            { name: "i", restartCount: 5, state: { terminated: { exitCode: 0 } } },
            { name: "s", restartCount: 1, started: true, ready: true },
          ],
          containerStatuses: [running, running],
        },
        init,
      ],
      "3/3 Running 1",
    ],
    [
      "scheduling held back",
      [
        {
          phase: "Pending",
          conditions: [{ type: "PodScheduled", reason: "SchedulingGated" }],
        },
      ],
      "0/2 SchedulingGated 0",
    ],
  ] as const) {
    test(`sums up ${title}`, () => {
      const [status, spec = {}, metadata = {}] = made as readonly [object, object?, object?];
      assert.equal(textOf(status, spec, metadata), expected);
    });
  }
});

describe("podPrinter", () => {
  test("gives a cell for each column, and tells how long ago a restart was", () => {
    const crashed = {
      ...running,
      restartCount: 2,
      lastState: { terminated: { finishedAt: "2026-01-01T00:55:00Z" } },
    };
    const status = { phase: "Running", containerStatuses: [crashed, running], podIP: "10.1.1.1" };
    const spec = { nodeName: "ann", readinessGates: [{ conditionType: "Ready" }] };
    const cells = podPrinter.cells(pod(status, spec), nowMs);
    assert.deepEqual(cells, [
      "web",
      "2/2",
      "Running",
      "2 (5m ago)",
      "60m",
      "10.1.1.1",
      "ann",
      "<none>",
      "0/1",
    ]);
    assert.equal(cells.length, podPrinter.columns.length);
  });

  test("says of a pod that has ended that it has", () => {
    const reason = (phase: string) => podPrinter.conditions?.(pod({ phase }))[0]?.reason;
    assert.deepEqual(["Succeeded", "Failed", "Running"].map(reason), [
      "Succeeded",
      "Failed",
      undefined,
    ]);
  });
});
